-- How many sessions of a site would be served at each timeout: those that started in the window. What repeats has the
-- same instants and changes nothing; FINAL is needed where a decision stands for an event. A sender behind which, or to
-- whom, no identity fact leads is its own lead, and most are.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, external_id, email
    FROM events /* final */
    PREWHERE site_id = {site_id:String} AND occurred_at >= {purged_before:Int64}
      AND sender IN (SELECT arrayJoin([key, ref]) FROM links WHERE site_id = {site_id:String})
    WHERE suppressed = '' AND is_superseded = 0 AND has({passive_types:Array(String)}, type) = 0
),
scoped_links AS
(
    SELECT key, occurred_at, event_id, sender, ref, is_weak, is_active FROM links FINAL WHERE site_id = {site_id:String}
),
{{identity.resolved}},
journeys AS
(
    SELECT arraySort(groupArray(occurred_at)) AS instants
    FROM events /* final */
    PREWHERE site_id = {site_id:String} AND occurred_at >= {purged_before:Int64}
      AND sender NOT IN (SELECT arrayJoin([key, ref]) FROM links WHERE site_id = {site_id:String})
    WHERE suppressed = '' AND is_superseded = 0 AND has({passive_types:Array(String)}, type) = 0
    GROUP BY sender
    UNION ALL
    SELECT arraySort(groupArray(occurred_at)) AS instants FROM resolved
    GROUP BY lead
)
SELECT sumForEach(counts)
FROM
(
    SELECT
        arrayFilter(
            (gap, at) -> gap >= arrayMin({timeouts:Array(Int64)}) AND at >= {oldest:Int64},
            arrayDifference(instants), instants
        ) AS wide_gaps,
        arrayMap(
            timeout -> toUInt64((instants[1] >= {oldest:Int64}) + arrayCount(gap -> gap >= timeout, wide_gaps)),
            {timeouts:Array(Int64)}
        ) AS counts
    FROM journeys
)
