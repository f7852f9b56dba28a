SELECT * FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at = {started_at:Int64} AND number = {number:UInt128}
