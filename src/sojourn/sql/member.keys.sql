-- Every key that ever named one of the refs.
SELECT DISTINCT key FROM members WHERE site_id = {site_id:String} AND ref IN {refs:Array(String)}
