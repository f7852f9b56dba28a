-- The sessions of leads that span an instant each.
SELECT s.lead AS lead, p.at_ms AS at_ms, argMax(s.number, s.started_at) AS number
FROM
(
    SELECT lead, number, started_at, ended_at FROM sessions FINAL
    {{session.of_leads}}
      AND started_at <= arrayMax({instants:Array(Int64)}) AND ended_at >= arrayMin({instants:Array(Int64)})
) AS s
INNER JOIN
(
    SELECT p.1 AS lead, p.2 AS at_ms
    FROM (SELECT arrayJoin(arrayZip({leads:Array(String)}, {instants:Array(Int64)})) AS p)
) AS p ON s.lead = p.lead
WHERE s.started_at <= p.at_ms AND s.ended_at >= p.at_ms
GROUP BY lead, at_ms
