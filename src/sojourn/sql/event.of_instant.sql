-- The keys of a list's events that happened at one instant; of copies in one place all but at the end.
SELECT DISTINCT bucket, sender, occurred_at, event_id, content
FROM events
WHERE site_id = {site_id:String} AND occurred_at = {at:Int64} /* filters */
ORDER BY event_id /* order */, sender /* order */, content
LIMIT {most:UInt32}
