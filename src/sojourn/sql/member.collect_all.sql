-- `member.collect` for all identity facts committed in (after, upto].
INSERT INTO members (site_id, ref, key)
SELECT DISTINCT site_id, ref, key
FROM links
WHERE site_id = {site_id:String} AND commit_id > {after:UInt64} AND commit_id <= {upto:UInt64}
