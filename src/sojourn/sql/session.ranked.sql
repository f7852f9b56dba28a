-- The keys of a stretch of a list that is ordered by another value than the start, over every version of a session.
SELECT /* value */ AS value, started_at, number
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND is_deleted = 0 AND /* filters */
ORDER BY value /* order */, started_at /* order */, number /* order */
LIMIT {most:UInt32}
