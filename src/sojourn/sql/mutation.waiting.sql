-- How many changes of a table's files are not finished.
SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done
