-- Tombstones in the generation that was built for the sessions of the one before that are no more.
INSERT INTO sessions (site_id, generation, started_at, number, updated_at, version, is_deleted)
SELECT {site_id:String}, {generation:UInt32}, started_at, number, {now_ms:Int64}, {version:UInt64}, 1
FROM (SELECT started_at, number FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {before:UInt32})
WHERE number NOT IN (
    SELECT number FROM sessions FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32})
