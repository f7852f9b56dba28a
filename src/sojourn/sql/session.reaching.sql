-- The sessions that started before the horizon and reach beyond it: they are purged whole.
SELECT lead, max(ended_at) FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at < {horizon:Int64} AND ended_at >= {horizon:Int64}
GROUP BY lead
