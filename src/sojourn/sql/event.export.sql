-- All rows of events in a window, as they lie: who reads them orders them and takes the newest version of each copy.
SELECT
    sender, event_id, content, version, is_superseded, occurred_at, received_at, type, external_id, email, account, url,
    title, referrer, points, value, currency, properties, context, source, medium, campaign, device, browser, os, country,
    suppressed
FROM events
WHERE site_id = {site_id:String} AND occurred_at >= {f_from:Int64} AND occurred_at < {f_to:Int64} /* filters */
