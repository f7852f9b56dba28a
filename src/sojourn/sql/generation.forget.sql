-- Rows of generations that nobody reads any more; they go in the background.
DELETE FROM /* table */
WHERE site_id IN {ids:Array(String)} AND generation > {after:UInt32} AND generation < {before:UInt32}
SETTINGS lightweight_deletes_sync = 0
