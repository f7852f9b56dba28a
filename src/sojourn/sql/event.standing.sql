-- The copies of events that stand.
SELECT sender, event_id, external_id, email, occurred_at
FROM events FINAL
WHERE site_id = {site_id:String}
  AND (bucket, sender, event_id) IN (SELECT arrayJoin(arrayZip({buckets:Array(UInt16)}, {senders:Array(String)}, {event_ids:Array(String)})))
  AND bucket IN {buckets:Array(UInt16)}
  AND is_superseded = 0
ORDER BY sender, event_id, occurred_at, content
LIMIT 1 BY sender, event_id
