-- The event that a session's id was derived from, found by what the id holds of it: whatever became of it since.
SELECT sender, event_id
FROM events
WHERE site_id = {site_id:String} AND bucket = {bucket:UInt16} AND occurred_at = {occurred_at:Int64}
  AND xxHash64(concat({site_id:String}, '\0', sender, '\0', event_id)) = {tail:UInt64}
LIMIT 1
