-- The sessions that started before the horizon, of every generation, with what became of them.
DELETE FROM sessions WHERE site_id = {site_id:String} AND started_at < {horizon:Int64}
