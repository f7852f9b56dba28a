-- The present version of one session.
SELECT started_at, number, shown
FROM sessions FINAL
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at = {started_at:Int64} AND number = {number:UInt128}
-- To consider the projection by lead takes longer than to read the row.
SETTINGS optimize_use_projections = 0
