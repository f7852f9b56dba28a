SELECT ref FROM leads WHERE site_id = {site_id:String} AND lead_number = {lead_number:UInt128} LIMIT 1
