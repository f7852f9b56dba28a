lead IN (
    SELECT lead FROM sessions FINAL
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND started_at >= {oldest:Int64} AND /* filters */)
