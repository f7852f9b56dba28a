-- The session of a lead that spans an instant.
SELECT * FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead = {lead:String}
  AND started_at <= {at_ms:Int64} AND ended_at >= {at_ms:Int64}
ORDER BY started_at DESC
LIMIT 1
