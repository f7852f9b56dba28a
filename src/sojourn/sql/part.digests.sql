-- What each table holds on all shards, as a number: every insert makes a part of a new name, and so does what deletes.
SELECT table, sum(cityHash64(name, hash_of_all_files))
FROM cluster({cluster:String}, system, parts)
WHERE database = {database:String} AND table IN {tables:Array(String)} AND active
GROUP BY table
