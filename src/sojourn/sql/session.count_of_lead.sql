SELECT count() FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead = {lead:String}
