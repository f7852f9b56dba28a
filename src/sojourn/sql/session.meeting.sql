-- How far the stored sessions that meet the leads' windows reach.
SELECT s.lead AS lead, min(s.started_at) AS first_ms, max(s.ended_at) AS last_ms, max(s.event_count) AS largest
FROM
(
    SELECT lead, started_at, ended_at, event_count FROM sessions FINAL
    {{session.near}}
) AS s
INNER JOIN
(
    SELECT w.1 AS lead, w.2 AS from_ms, w.3 AS to_ms
    FROM (SELECT arrayJoin(arrayZip({leads:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)})) AS w)
) AS w ON s.lead = w.lead
WHERE s.started_at <= w.to_ms AND s.ended_at >= w.from_ms
GROUP BY lead
