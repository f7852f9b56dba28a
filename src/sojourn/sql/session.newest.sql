-- A stretch of a list that nothing but its window chooses. FINAL merges no more than what started near its edge,
-- and the key alone decides: PREWHERE spares reading the texts of all that lies near.
SELECT started_at, number, shown
FROM sessions FINAL
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= {near_from:Int64} AND started_at < {near_to:Int64} AND /* filters */
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
SETTINGS optimize_use_projections = 0
