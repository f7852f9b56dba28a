-- How many sessions there would be at each timeout, over the whole of a site.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, external_id, email
    FROM events FINAL
    WHERE site_id = {site_id:String} AND suppressed = '' AND NOT is_superseded
      AND NOT has({passive_types:Array(String)}, type)
),
scoped_links AS
(
    SELECT key, occurred_at, event_id, sender, ref, is_weak, is_active FROM links FINAL WHERE site_id = {site_id:String}
),
{{identity.resolved}}
SELECT sumForEach(counts)
FROM
(
    SELECT
        arrayMap(
            timeout -> toUInt64(1 + arrayCount(gap -> gap >= timeout, arrayPopFront(arrayDifference(arraySort(groupArray(occurred_at)))))),
            {timeouts:Array(Int64)}
        ) AS counts
    FROM resolved
    GROUP BY lead
)
