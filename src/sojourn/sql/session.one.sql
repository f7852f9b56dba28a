-- The newest version of one session.
SELECT started_at, number, is_deleted, shown
FROM sessions
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at = {started_at:Int64} AND number = {number:UInt128}
ORDER BY version DESC
LIMIT 1
-- To consider the projection by lead takes longer than to read the row. Only the shard of its bucket reads.
SETTINGS
    optimize_use_projections = 0, optimize_read_in_order = 0, query_plan_optimize_lazy_materialization = 0,
    optimize_skip_unused_shards = 1
