-- The newest events, so that an exact repetition is known at once after a restart too.
SELECT site_id, sender, event_id, content
FROM events
WHERE commit_id > (SELECT greatest(toInt64({upto:UInt64}) - 86400000000, 0)) AND decided = 0 AND NOT is_superseded
ORDER BY commit_id DESC
LIMIT {most:UInt32}
