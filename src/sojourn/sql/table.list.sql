-- Every table, how it is made, and where its parts lie; those with parts first, since a view needs what it reads.
SELECT name, create_table_query, if(engine LIKE '%MergeTree', data_paths[1], '') AS path
FROM system.tables
WHERE database = currentDatabase() AND NOT is_temporary
ORDER BY path = '', name
