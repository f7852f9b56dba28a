-- The tables of which a part holds deleted rows.
SELECT DISTINCT table FROM system.parts
WHERE database = currentDatabase() AND active AND has_lightweight_delete
ORDER BY table
