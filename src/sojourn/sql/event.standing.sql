-- The copy of an event that stands.
SELECT sender, external_id, email, occurred_at, suppressed
FROM events FINAL
WHERE site_id = {site_id:String} AND bucket = {bucket:UInt16} AND sender = {sender:String}
  AND event_id = {event_id:String} AND NOT is_superseded
ORDER BY occurred_at, content
LIMIT 1
