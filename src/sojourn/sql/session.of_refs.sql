-- By the projection, which knows the keys of a lead's sessions, over all versions.
(started_at, number) IN (
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {f_lead_id:Array(String)})
