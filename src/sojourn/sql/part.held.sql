-- How many of the tables hold merges back.
SELECT count() FROM system.tables
WHERE database = currentDatabase() AND name IN {tables:Array(String)} AND position(engine_full, {setting:String}) > 0
