-- Every version of these sessions, which may lie far apart. The text has all that is asked of them, so no other column of
-- the rows around them is read.
SELECT number, version, is_deleted, shown
FROM sessions
-- The number first: of each part granules are read in which a session may be, and most of them end here.
PREWHERE number IN {numbers:Array(UInt128)} AND indexHint(started_at IN {instants:Array(Int64)})
  AND generation = {generation:UInt32} AND site_id = {site_id:String}
-- To consider the projection by lead takes longer than to read the rows; a core alone takes longer than two do.
SETTINGS optimize_use_projections = 0, merge_tree_min_rows_for_concurrent_read = 1024, merge_tree_min_bytes_for_concurrent_read = 1
