-- The keys of what was a session of the lead in some version, the nearest on each side of one of them.
SELECT number
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead = {lead:String}
  AND started_at >= {oldest:Int64} AND started_at <= {now_ms:Int64} AND number != {number:UInt128}
GROUP BY started_at, number
ORDER BY abs(started_at - {started_at:Int64})
LIMIT {most:UInt32} BY number > {number:UInt128}
