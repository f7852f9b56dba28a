SELECT * FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at IN {instants:Array(Int64)} AND number IN {numbers:Array(UInt128)}
