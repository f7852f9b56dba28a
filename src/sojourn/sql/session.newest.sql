-- A stretch of a list that nothing but its window chooses: every version of its sessions, the newest of each first. To
-- plan this takes less than to plan FINAL, and PREWHERE spares reading the texts of all that lies near.
SELECT started_at, number, is_deleted, shown
FROM sessions
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= {near_from:Int64} AND started_at < {near_to:Int64} AND /* filters */
ORDER BY started_at /* order */, number /* order */, version DESC
LIMIT {most:UInt32}
-- So few rows are read at once as they lie there.
SETTINGS optimize_use_projections = 0, optimize_read_in_order = 0, query_plan_optimize_lazy_materialization = 0
