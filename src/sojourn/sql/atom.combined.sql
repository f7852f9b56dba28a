-- One row a run of neighbouring atoms of a lead, in atom columns again. The one place that says where a session ends:
-- at a gap that is not shorter than the timeout. `slice_ms` cuts at aligned bounds instead (for `slices`).
-- Reads the CTE `atoms`.
SELECT
    lead,
    run[1].started_at AS started_at,
    run[1].event_id AS event_id,
    run[1].sender AS sender,
    arrayMax(atom -> atom.ended_at, run) AS ended_at,
    arrayFirst(text -> text != '', run.account) AS account,
    arraySum(run.event_count) AS event_count,
    arraySum(run.total_points) AS total_points,
    run[1].entry_point AS entry_point,
    run[-1].exit_point AS exit_point,
    arraySort(arrayDistinct(arrayFlatten(run.types))) AS types,
    arrayFirst(text -> text != '', run.entry_url) AS entry_url,
    arrayLast(text -> text != '', run.exit_url) AS exit_url,
    arraySort(arrayDistinct(arrayFlatten(run.pages))) AS pages,
    arraySort(arrayDistinct(arrayFlatten(run.content_pages))) AS content_pages,
    arraySort(arrayDistinct(arrayFlatten(run.steps))) AS steps,
    arraySum(run.decisive_count) AS decisive_count,
    arraySum(run.conversion_count) AS conversion_count,
    arraySum(run.email_count) AS email_count,
    arraySum(run.open_count) AS open_count,
    arraySum(run.unsubscribe_count) AS unsubscribe_count,
    arraySort(arrayDistinct(arrayFlatten(run.goals))) AS goals,
    arrayFlatten(run.purchases) AS purchases,
    arrayFirst(text -> text != '', run.source) AS source,
    arrayFirst(text -> text != '', run.medium) AS medium,
    arrayFirst(text -> text != '', run.campaign) AS campaign,
    arrayFirst(text -> text != '', run.referrer) AS referrer,
    arrayFirst(text -> text != '', run.device) AS device,
    arrayFirst(text -> text != '', run.browser) AS browser,
    arrayFirst(text -> text != '', run.os) AS os,
    arrayFirst(text -> text != '', run.country) AS country
FROM
(
    SELECT
        lead,
        arraySort(atom -> (atom.started_at, atom.event_id, atom.sender), groupArray(tuple(
            started_at, event_id, sender, ended_at, account, event_count, total_points, entry_point, exit_point,
            types, entry_url, exit_url, pages, content_pages, steps, decisive_count, conversion_count, email_count,
            open_count, unsubscribe_count, goals, purchases, source, medium, campaign, referrer, device, browser,
            os, country
        ))) AS ordered,
        arrayMap(
            (start, previous_end, previous_start) ->
                start - previous_end >= {timeout_ms:Int64}
                OR intDiv(start, {slice_ms:Int64}) != intDiv(previous_start, {slice_ms:Int64}),
            ordered.started_at,
            arrayPushFront(arrayPopBack(ordered.ended_at), toInt64(0)),
            arrayPushFront(arrayPopBack(ordered.started_at), toInt64(0))
        ) AS cuts,
        arrayJoin(arraySplit((atom, cut) -> cut, ordered, cuts)) AS run
    FROM atoms
    GROUP BY lead
)
