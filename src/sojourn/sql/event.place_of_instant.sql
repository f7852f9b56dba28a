-- Which place of those at one instant lies behind so many rows.
SELECT event_id, sender
FROM events
WHERE site_id = {site_id:String} AND occurred_at = {at:Int64} /* filters */
ORDER BY event_id DESC, sender DESC
LIMIT 1 OFFSET {skipped:UInt64}
