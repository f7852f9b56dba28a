-- How many sessions of a site would be served at each timeout: those that started in the window.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, external_id, email
    FROM events FINAL
    WHERE site_id = {site_id:String} AND suppressed = '' AND NOT is_superseded
      AND NOT has({passive_types:Array(String)}, type)
      AND occurred_at >= {purged_before:Int64}
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
        arraySort(groupArray(occurred_at)) AS instants,
        arrayMap(
            (gap, position) -> if(position = 1, {forever:Int64}, gap),
            arrayDifference(instants), arrayEnumerate(instants)
        ) AS gaps,
        arrayMap(
            timeout -> toUInt64(arrayCount((at, gap) -> at >= {oldest:Int64} AND gap >= timeout, instants, gaps)),
            {timeouts:Array(Int64)}
        ) AS counts
    FROM resolved
    GROUP BY lead
)
