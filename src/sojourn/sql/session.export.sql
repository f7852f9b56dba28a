-- A stretch of a list of sessions as columns, in no order, each with what its lead is called. Numbers of 128 bits come
-- in halves, and '' is null.
SELECT
    toUInt64(bitShiftRight(s.number, 64)) AS number_upper,
    toUInt64(bitAnd(s.number, 18446744073709551615)) AS number_lower,
    toUInt64(bitShiftRight(s.lead_number, 64)) AS lead_upper,
    toUInt64(bitAnd(s.lead_number, 18446744073709551615)) AS lead_lower,
    toUInt64(bitShiftRight(s.account_number, 64)) AS account_upper,
    toUInt64(bitAnd(s.account_number, 18446744073709551615)) AS account_lower,
    if(n.lead_name != '', n.lead_name,
        if(startsWith(s.lead, 'h:'), substring(s.lead, position(s.lead, ':', 3) + 1), substring(s.lead, 3))) AS lead,
    s.started_at, s.ended_at,
    intDiv(s.ended_at - s.started_at, 1000) AS duration,
    toBool({now_ms:Int64} - s.ended_at < {timeout_ms:Int64}) AS is_open,
    s.event_count, s.page_count, s.entry_point, s.exit_point, s.entry_url, s.exit_url, s.total_points, s.intent_score,
    s.intent, toBool(s.is_converted) AS converted, s.goals, s.revenue, s.currency, toUInt64(0) AS nudge_count, s.source,
    s.medium, s.campaign, s.channel, s.referrer, s.device, s.browser, s.os, s.country, s.updated_at
FROM
(
    SELECT * FROM sessions FINAL
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND /* filters */
) AS s
LEFT ANY JOIN
(
    SELECT ref, argMax(lead_name, (occurred_at, event_id, sender)) AS lead_name FROM names FINAL
    WHERE site_id = {site_id:String} AND is_active
    GROUP BY ref
) AS n ON s.lead = n.ref
