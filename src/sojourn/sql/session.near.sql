-- Those of the leads that may meet their windows: by the projection, over all versions, so that FINAL merges few rows.
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND (started_at, number) IN
(
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}
      AND started_at <= arrayMax({tos:Array(Int64)}) AND ended_at >= arrayMin({froms:Array(Int64)})
)
WHERE lead IN {leads:Array(String)}
