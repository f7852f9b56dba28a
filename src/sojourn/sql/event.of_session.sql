-- Events in the buckets, or of keys there, between two instants, both included, behind a place, oldest first. Which of
-- them count is seen in their rows: to choose among so few takes longer to plan than to read them.
SELECT
    sender, occurred_at, event_id, toString(type) AS type, external_id, email, url, toString(host) AS host, points, properties,
    toString(suppressed) AS suppressed, is_superseded
FROM events FINAL
PREWHERE site_id = {site_id:String} AND bucket IN {buckets:Array(UInt16)} /* keys */
  AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
  AND (occurred_at, event_id, sender) > ({after_ms:Int64}, {after_id:String}, {after_sender:String})
-- Of copies in one place the one that stands comes first, since what follows is asked for behind that place.
ORDER BY occurred_at, event_id, sender, is_superseded
LIMIT {most:UInt32}
-- They lie on the shard of their bucket: the others read nothing.
SETTINGS optimize_skip_unused_shards = 1
