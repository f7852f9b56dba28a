-- Facts that contradict: an e-mail named with another external id than the one it belongs to. The external id wins.
SELECT substring(key, 3) AS email, substring(owner, 3) AS belongs_to, substring(link.1, 3) AS also_named_with, link.2 AS occurred_at, link.3 AS event_id
FROM
(
    SELECT key, argMin(ref, (occurred_at, event_id, sender)) AS owner, groupArray((ref, occurred_at, event_id)) AS all_links
    FROM links FINAL
    WHERE site_id = {site_id:String} AND startsWith(key, 'e:') AND is_active /* keys */
    GROUP BY key
    HAVING uniqExact(ref) > 1
)
ARRAY JOIN arrayFilter(item -> item.1 != owner, all_links) AS link
WHERE link.2 >= {oldest:Int64}
  AND (empty({leads:Array(String)}) OR has({leads:Array(String)}, owner) OR has({leads:Array(String)}, link.1))
ORDER BY occurred_at DESC, event_id
LIMIT 1000
