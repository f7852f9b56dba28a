-- Those of the keys whose present version matches. Few rows that lie far apart: to take the newest of each key's versions
-- reads less than FINAL does.
SELECT started_at, number, shown
FROM
(
    SELECT started_at, number, shown, is_deleted, toUInt8(/* filters */) AS is_chosen
    FROM sessions
    -- The number first: of each part granules are read in which a session may be, and most of them end here.
    PREWHERE number IN {numbers:Array(UInt128)} AND indexHint(started_at IN {instants:Array(Int64)})
      AND generation = {generation:UInt32} AND site_id = {site_id:String}
    ORDER BY version DESC
    LIMIT 1 BY number
)
WHERE is_chosen AND is_deleted = 0
ORDER BY started_at /* order */, number /* order */
LIMIT {most:UInt32}
-- To consider the projection by lead takes longer than to read the rows; a core alone takes longer than two do.
SETTINGS optimize_use_projections = 0, merge_tree_min_rows_for_concurrent_read = 1024, merge_tree_min_bytes_for_concurrent_read = 1
