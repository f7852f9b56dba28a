-- Ways back from a ref to a key that the identity facts of some buckets, of these senders or of all, ask for and that
-- are not there.
SELECT ref, key, min(sender) AS sender
FROM ( {{link.rebuilt}} )
WHERE (ref, key) NOT IN (SELECT ref, key FROM members WHERE site_id = {site_id:String} AND ref IN (SELECT ref FROM ( {{link.rebuilt}} )))
GROUP BY ref, key
ORDER BY ref, key
