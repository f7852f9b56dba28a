-- Every key that ever named one of the refs, by the ref.
SELECT DISTINCT ref, key FROM members WHERE site_id = {site_id:String} AND ref IN {refs:Array(String)}
