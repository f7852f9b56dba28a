-- One page of the keys of sessions that were written since an instant, tombstones included: whether a key is one is
-- seen when its row is fetched. Other filters choose among what is no tombstone.
SELECT DISTINCT started_at, number
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= {f_from:Int64} AND started_at < {f_to:Int64}
  AND updated_at >= {since:Int64} /* edge */
  AND (
      number IN (SELECT number FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND /* filters */)
      OR number NOT IN (SELECT number FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32}))
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
