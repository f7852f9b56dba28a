-- Of the identity facts before the horizon those that still say whose later events are: of a visitor or a phone the
-- last that counts, of an e-mail the first.
SELECT key, fact.1 AS occurred_at, fact.2 AS event_id, fact.3 AS sender, fact.4 AS content
FROM
(
    SELECT
        key,
        arraySort(groupArray((occurred_at, event_id, sender, content, is_weak))) AS all_facts,
        arrayFirstIndex(fact -> fact.5 = 0, all_facts) AS first_strong,
        if(
            startsWith(key, 'e:'),
            all_facts[1],
            arrayLast(
                (fact, position) -> fact.5 = 0 OR first_strong = 0 OR position < first_strong,
                all_facts, arrayEnumerate(all_facts)
            )
        ) AS fact
    FROM /* table */ FINAL
    WHERE site_id = {site_id:String} AND is_active AND occurred_at < {horizon:Int64}
    GROUP BY key
)
