-- Tombstones in the generation that was built for the sessions of the one before that are no more, and those that the
-- one before had, so that who syncs is told of each.
INSERT INTO sessions (site_id, generation, started_at, number, updated_at, version, is_deleted)
SELECT {site_id:String}, {generation:UInt32}, started_at, number, if(was_deleted, told_at, {now_ms:Int64}), {version:UInt64}, 1
FROM
(
    SELECT started_at, number, argMax(is_deleted, version) AS was_deleted, argMax(updated_at, version) AS told_at
    FROM sessions
    WHERE site_id = {site_id:String} AND generation = {before:UInt32}
    GROUP BY started_at, number
)
WHERE number NOT IN (
    SELECT number FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32})
