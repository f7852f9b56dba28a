-- Everything that is stored of a lead's events between two instants, in whatever state, copies that do not stand too.
WITH
scoped_events AS
(
    SELECT
        sender, occurred_at, event_id, received_at, toString(type) AS type, visitor_id, external_id, email, handle,
        lead_name, account, url, title, referrer, toString(source) AS source, toString(medium) AS medium,
        toString(campaign) AS campaign, toString(device) AS device, toString(browser) AS browser, toString(os) AS os,
        toString(country) AS country, value, toString(currency) AS currency, points, properties, context, traits,
        toString(suppressed) AS suppressed, is_superseded, content
    FROM events FINAL
    PREWHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
      AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
),
{{link.scoped}},
{{identity.resolved}}
SELECT
    event_id, type, occurred_at, received_at, visitor_id, external_id, email, handle, lead_name, account, url, title,
    referrer, source, medium, campaign, device, browser, os, country, value, currency, points, properties, context,
    traits, suppressed, is_superseded
FROM resolved
WHERE lead = {lead:String}
ORDER BY occurred_at, event_id, sender, content
