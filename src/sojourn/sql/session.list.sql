-- One page of sessions. The keys are chosen first, over few columns; wide rows are fetched for them alone.
SELECT *
FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= {f_from:Int64} AND started_at < {f_to:Int64}
  AND (started_at, number) IN
  (
      SELECT started_at, number
      FROM sessions FINAL
      WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND /* filters */
      ORDER BY started_at /* order */, number /* order */
      LIMIT {most:UInt32}
  )
ORDER BY started_at /* order */, number /* order */
