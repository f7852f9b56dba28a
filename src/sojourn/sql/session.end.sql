-- A tombstone for each of the lead's sessions, of every generation: it says that a session is no more, and of whom
-- nothing.
INSERT INTO sessions (site_id, generation, started_at, number, updated_at, version, is_deleted)
SELECT site_id, generation, started_at, number, {now_ms:Int64}, {version:UInt64}, 1
FROM sessions FINAL
WHERE site_id = {site_id:String} AND lead IN (SELECT ref FROM leaving WHERE kind IN ('ref', 'lead'))
