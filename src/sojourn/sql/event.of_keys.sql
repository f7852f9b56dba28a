-- Copies by their keys, each in its present state; those that are superseded are left out.
SELECT
    bucket, sender, event_id, toString(type) AS type, occurred_at, received_at, visitor_id, external_id, email, account,
    url, title, referrer, points, value, toString(currency) AS currency, properties, context, toString(source) AS source,
    toString(medium) AS medium, toString(campaign) AS campaign, toString(device) AS device, toString(browser) AS browser,
    toString(os) AS os, toString(country) AS country, toString(suppressed) AS suppressed, is_superseded
FROM events
WHERE site_id = {site_id:String}
  AND bucket IN {buckets:Array(UInt16)} AND sender IN {senders:Array(String)}
  AND (occurred_at, event_id, content) IN (SELECT arrayJoin(arrayZip({instants:Array(Int64)}, {event_ids:Array(String)}, {contents:Array(UInt64)})))
ORDER BY version DESC
LIMIT 1 BY sender, occurred_at, event_id, content
