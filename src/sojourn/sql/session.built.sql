-- Folded events as sessions of a generation. What was the same in the generation before keeps its updated_at.
INSERT INTO sessions
WITH
counted AS (SELECT * FROM /* rows */),
fresh AS ( {{session.of_atoms}} ),
stored AS
(
    SELECT number, content, updated_at FROM sessions FINAL
    PREWHERE site_id = {site_id:String} AND generation = {before:UInt32}
      AND bitAnd(bitShiftRight(number, 64), 65535) BETWEEN {first_bucket:UInt16} AND {last_bucket:UInt16}
)
SELECT
    {site_id:String} AS site_id,
    {generation:UInt32} AS generation,
    f.started_at, f.number,
    f.ended_at, f.lead, f.lead_number, f.account, f.account_number, f.event_count, f.page_count, f.entry_point, f.exit_point, f.types,
    f.entry_url, f.exit_url, f.total_points, f.intent_score, f.intent, f.is_converted, f.goals, f.revenue,
    if(f.revenue IS NULL, '', f.currency) AS currency,
    f.source, f.medium, f.campaign, f.channel, f.referrer, f.device, f.browser, f.os, f.country,
    f.content,
    if(s.content = f.content, s.updated_at, {now_ms:Int64}) AS updated_at,
    {version:UInt64} AS version,
    toUInt8(0) AS is_deleted
FROM fresh AS f
LEFT ANY JOIN stored AS s ON f.number = s.number
