-- The refs whose events may have changed hands by the identity facts committed in (after, upto], and when.
-- An anchor is a strong fact that was there before and stays: what lies beyond the anchors around a change is the
-- same before and after it.
WITH
keyed AS
(
    SELECT
        key,
        arraySort(groupArray((occurred_at, event_id, sender, content, ref, is_weak, is_fresh, is_anchor))) AS all_facts
    FROM
    (
        SELECT *, commit_id > {after:UInt64} AND commit_id <= {upto:UInt64} AS is_fresh, is_active AND NOT is_weak AND NOT is_fresh AS is_anchor
        FROM links FINAL
        WHERE site_id = {site_id:String} AND key IN {keys:Array(String)}
    )
    GROUP BY key
),
placed AS
(
    SELECT
        key,
        all_facts,
        position,
        arrayLastIndex((fact, other) -> fact.8 AND other < position, all_facts, arrayEnumerate(all_facts)) AS before,
        arrayFirstIndex((fact, other) -> fact.8 AND other > position, all_facts, arrayEnumerate(all_facts)) AS behind
    FROM keyed
    ARRAY JOIN arrayFilter((other, fact) -> fact.7, arrayEnumerate(all_facts), all_facts) AS position
),
changed AS
(
    SELECT
        key,
        all_facts[before].5 AS said_before,
        all_facts[behind].5 AS said_behind,
        if(before = 0, toInt64(-1), all_facts[before].1) AS since,
        if(behind = 0, {forever:Int64}, all_facts[behind].1) AS until,
        before > 0 AS has_before,
        behind > 0 AS has_behind,
        -- Behind an anchor weak facts say nothing.
        arrayFilter(fact -> before = 0 OR NOT fact.6, arraySlice(all_facts, before + 1, if(behind = 0, length(all_facts), behind - 1) - before)).5 AS said
    FROM placed
),
bounds AS
(
    SELECT sender, min(occurred_at) AS first_ms, max(occurred_at) AS last_ms
    FROM events
    WHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
    GROUP BY sender
)
SELECT ref, min(from_ms), max(to_ms)
FROM
(
    SELECT
        arrayJoin(arrayDistinct(arrayConcat(said, [key], if(has_before, [said_before], []), if(has_behind, [said_behind], [])))) AS ref,
        -- A visitor's events lie where they lie; an e-mail has one owner for all time.
        multiIf(startsWith(c.key, 'v:'), greatest(c.since, b.first_ms), startsWith(c.key, 'e:'), toInt64(-1), c.since) AS from_ms,
        multiIf(startsWith(c.key, 'v:'), least(c.until, b.last_ms), startsWith(c.key, 'e:'), {forever:Int64}, c.until) AS to_ms
    FROM changed AS c
    LEFT JOIN bounds AS b ON c.key = b.sender
    -- A fact that repeats what the one before it said changes nothing; nor does a later owner of an e-mail.
    WHERE NOT (has_before AND (startsWith(c.key, 'e:') OR arrayAll(ref -> ref = said_before, said)))
      AND NOT (NOT has_before AND has_behind AND arrayAll(ref -> ref = said_behind, said))
)
GROUP BY ref
