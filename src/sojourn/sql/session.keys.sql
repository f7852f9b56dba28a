-- The keys of a stretch of a list, over every version of a session: a superset, in order, with repetitions.
SELECT started_at, number
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND is_deleted = 0 AND /* filters */
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
