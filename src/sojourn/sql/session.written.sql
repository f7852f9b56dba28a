-- Ends the statements that write sessions: compares those of the CTE `combined` with those stored in the windows.
counted AS ( {{session.counted}} ),
fresh AS ( {{session.of_atoms}} ),
stored AS
(
    SELECT s.number, s.started_at, s.content
    FROM
    (
        SELECT lead, number, started_at, ended_at, content FROM sessions FINAL
        {{session.near}}
    ) AS s
    INNER JOIN windows AS w ON s.lead = w.lead
    WHERE s.started_at <= w.to_ms AND s.ended_at >= w.from_ms
)
SELECT
    {site_id:String} AS site_id,
    {generation:UInt32} AS generation,
    if(f.content = 0, o.started_at, f.started_at) AS started_at,
    if(f.content = 0, o.number, f.number) AS number,
    f.ended_at, f.lead, f.lead_number, f.account, f.account_number, f.event_count, f.page_count, f.entry_point, f.exit_point, f.types,
    f.entry_url, f.exit_url, f.total_points, f.intent_score, f.intent, f.is_converted, f.goals, f.revenue,
    if(f.revenue IS NULL, '', f.currency) AS currency,
    f.source, f.medium, f.campaign, f.channel, f.referrer, f.device, f.browser, f.os, f.country,
    f.content,
    {now_ms:Int64} AS updated_at,
    {version:UInt64} AS version,
    toUInt8(f.content = 0) AS is_deleted
FROM fresh AS f
FULL OUTER JOIN stored AS o ON f.number = o.number
WHERE f.content != o.content
