-- Whose event it is (contract, section 3). Reads the CTEs `scoped_events` and `scoped_links`; gives `resolved`:
-- the events with the ref of their lead. Facts count by their time, never by their arrival.
facts AS
(
    SELECT key, occurred_at, event_id, sender, ref, is_weak
    FROM scoped_links
    WHERE is_active
),
-- An e-mail belongs to the external id of the earliest fact that names both.
email_owners AS
(
    SELECT key AS email_ref, argMin(ref, (occurred_at, event_id, sender)) AS owner
    FROM facts
    WHERE startsWith(key, 'e:')
    GROUP BY key
),
-- A weak fact (an e-mail click, a phone) counts only while no strong one came before it.
effective_facts AS
(
    SELECT
        key,
        arraySort(groupArray((occurred_at, event_id, sender, ref, is_weak))) AS all_facts,
        arrayFirstIndex(fact -> fact.5 = 0, all_facts) AS first_strong,
        arrayFilter(
            (fact, position) -> fact.5 = 0 OR first_strong = 0 OR position < first_strong,
            all_facts, arrayEnumerate(all_facts)
        ) AS kept_facts
    FROM facts
    WHERE NOT startsWith(key, 'e:')
    GROUP BY key
),
-- From `since` on, the key's events belong to `ref`; what came before the first fact belongs to that first lead.
-- Of facts in one millisecond the last one stands.
spans AS
(
    SELECT key, span.1 AS since, span.2 AS ref
    FROM effective_facts
    ARRAY JOIN arrayPushFront(
        arrayMap(
            pair -> (pair.1.1, pair.1.4),
            arrayFilter(
                pair -> pair.1.1 != pair.2,
                arrayZip(kept_facts, arrayPushBack(arrayPopFront(arrayMap(fact -> fact.1, kept_facts)), toInt64(-1)))
            )
        ),
        (toInt64(-1), kept_facts[1].4)
    ) AS span
),
named AS
(
    SELECT
        e.*,
        multiIf(e.external_id != '', concat('i:', e.external_id), e.email != '', concat('e:', e.email), s.ref != '', s.ref, e.sender) AS first_ref
    FROM scoped_events AS e
    ASOF LEFT JOIN spans AS s ON e.sender = s.key AND e.occurred_at >= s.since
),
-- A visitor may lead to a phone, a phone to an e-mail or an id.
handled AS
(
    SELECT n.*, if(h.ref != '', h.ref, n.first_ref) AS second_ref
    FROM named AS n
    ASOF LEFT JOIN spans AS h ON n.first_ref = h.key AND n.occurred_at >= h.since
),
resolved AS
(
    SELECT d.*, if(o.owner != '', o.owner, d.second_ref) AS lead
    FROM handled AS d
    LEFT JOIN email_owners AS o ON d.second_ref = o.email_ref
)
