-- The finished sessions of the CTE `counted`, with the published intent formula (intent/1).
SELECT
    lead,
    bitShiftLeft(toUInt128(started_at), 80)
        + bitShiftLeft(toUInt128(bitAnd(xxHash64(concat({site_id:String}, '\0', sender)), 65535)), 64)
        + toUInt128(xxHash64(concat({site_id:String}, '\0', sender, '\0', event_id))) AS number,
    bitShiftRight(reinterpretAsUInt128(reverse(substring(SHA256(concat({site_id:String}, '\0', lead)), 1, 16))), 1) AS lead_number,
    started_at,
    ended_at,
    account,
    if(account = '', toUInt128(0),
        bitShiftRight(reinterpretAsUInt128(reverse(substring(SHA256(concat({site_id:String}, '\0', account)), 1, 16))), 1)) AS account_number,
    event_count,
    page_count,
    entry_point,
    exit_point,
    types,
    entry_url,
    exit_url,
    total_points,
    toUInt8(least(100,
        9 * least(page_count, 4)
        + 8 * least(step_count, 3)
        + 16 * (decisive_count > 0)
        + 22 * (conversion_count > 0))) AS intent_score,
    multiIf(
        decisive_count > 0 OR step_count >= 2, 'high',
        email_count = event_count AND (unsubscribe_count > 0 OR open_count = event_count), 'low',
        content_page_count >= 3 AND step_count = 0, 'research',
        'none') AS intent,
    toUInt8(conversion_count > 0) AS is_converted,
    goals,
    currency,
    if(empty(counted_amounts), NULL, round(arraySum(counted_amounts), 4)) AS revenue,
    source,
    medium,
    campaign,
    {{session.channel}} AS channel,
    referrer,
    device,
    browser,
    os,
    country,
    bitOr(xxHash64(
        lead, ended_at, account, event_count, page_count, entry_point, exit_point, types, entry_url, exit_url, total_points,
        intent_score, intent, is_converted, goals, ifNull(revenue, -1), revenue IS NULL, if(revenue IS NULL, '', currency),
        source, medium, campaign, channel, referrer, device, browser, os, country
    ), 1) AS content
FROM
(
    SELECT
        *,
        if({currency:String} != '', {currency:String}, arrayFirst(text -> text != '', currencies)) AS currency,
        arrayFilter((amount, code) -> code IN (currency, ''), amounts, currencies) AS counted_amounts,
        extract(lower(toString(referrer)), {host_of:String}) AS referrer_host,
        -- A referrer on a host of the session's own pages, above or below it, says nothing.
        if(referrer_host != '' AND arrayExists(
            host -> referrer_host = host OR (host != '' AND (endsWith(referrer_host, concat('.', host)) OR endsWith(host, concat('.', referrer_host)))),
            [extract(lower(toString(entry_url)), {host_of:String}), extract(lower(toString(exit_url)), {host_of:String})]
        ), '', referrer_host) AS linked_from,
        if(source != '', lower(toString(source)), linked_from) AS site
    FROM counted
)
