-- How many stored sessions the window hides, and how many of them started before an instant.
SELECT count(), countIf(started_at < {horizon:Int64})
FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND started_at < {oldest:Int64}
