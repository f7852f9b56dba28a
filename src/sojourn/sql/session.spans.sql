-- From when to when the sessions last, of leads or of a stretch of time; for events that may be in them.
SELECT lead, started_at, ended_at, number
FROM sessions FINAL
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND (started_at, number) IN
(
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND /* chosen */
)
WHERE started_at <= {to_ms:Int64} AND ended_at >= {from_ms:Int64}
ORDER BY started_at
