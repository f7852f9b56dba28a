-- Of the names from before the horizon the last of each lead.
SELECT ref, fact.1 AS occurred_at, fact.2 AS event_id, fact.3 AS sender, fact.4 AS content
FROM
(
    SELECT ref, max((occurred_at, event_id, sender, content)) AS fact
    FROM /* table */ FINAL
    WHERE site_id = {site_id:String} AND is_active AND occurred_at < {horizon:Int64}
    GROUP BY ref
)
