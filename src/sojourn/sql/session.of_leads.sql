-- Those of the leads: by the projection, which knows the keys of a lead's sessions, over all versions.
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND (started_at, number) IN
(
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}
)
WHERE lead IN {leads:Array(String)}
