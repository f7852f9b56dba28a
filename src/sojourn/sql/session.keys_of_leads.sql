-- `session.keys` of leads that nothing else chooses: by the projection, which reading in the table's order would miss.
SELECT started_at, number
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND is_deleted = 0 AND /* filters */
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
SETTINGS optimize_read_in_order = 0
