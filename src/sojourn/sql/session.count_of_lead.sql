SELECT count() FROM sessions FINAL
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND (started_at, number) IN (
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead = {lead:String})
WHERE lead = {lead:String}
