-- Something, if there are rows of generations before this one.
SELECT 1 FROM sessions WHERE site_id IN {ids:Array(String)} AND generation < {before:UInt32} LIMIT 1
UNION ALL
SELECT 1 FROM slices WHERE site_id IN {ids:Array(String)} AND generation < {before:UInt32} LIMIT 1
