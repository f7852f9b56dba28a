-- Those of the keys whose present version matches.
SELECT *
FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= arrayMin({instants:Array(Int64)}) AND started_at <= arrayMax({instants:Array(Int64)})
  AND (started_at, number) IN (SELECT arrayJoin(arrayZip({instants:Array(Int64)}, {numbers:Array(UInt128)})))
  AND /* filters */
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
