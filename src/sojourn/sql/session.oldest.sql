-- Whether a session started before the horizon.
SELECT 1 FROM sessions WHERE site_id = {site_id:String} AND started_at < {horizon:Int64} LIMIT 1
