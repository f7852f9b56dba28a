-- The way back from a ref to the keys that named it.
INSERT INTO members (site_id, ref, key)
SELECT DISTINCT site_id, ref, key
FROM links
WHERE site_id = {site_id:String} AND key IN {keys:Array(String)} AND commit_id > {after:UInt64} AND commit_id <= {upto:UInt64}
