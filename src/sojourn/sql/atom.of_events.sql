-- An atom is what a session is made of: an event, or a minute of them. Its columns can be merged in order of time.
-- Reads the CTE `active_events`; the definitions of steps, pages, goals and conversions are parameters. Paths that
-- are '' fit none, where `match` would take them for all.
WITH
    type = 'page_view' AND page != '' AS is_page_view,
    has({high_types:Array(String)}, type)
        OR (type = 'page_view' AND page != '' AND {high_paths:String} != '' AND match(path, {high_paths:String})) AS is_high,
    has({conversion_events:Array(String)}, type) AS is_conversion,
    has({unsubscribe_types:Array(String)}, type) AS is_unsubscribe
SELECT
    lead,
    occurred_at AS started_at,
    event_id,
    sender,
    occurred_at AS ended_at,
    account,
    toUInt64(1) AS event_count,
    points AS total_points,
    toString(type) AS entry_point,
    toString(type) AS exit_point,
    [toString(type)] AS types,
    if(is_page_view, url, '') AS entry_url,
    if(is_page_view, url, '') AS exit_url,
    if(is_page_view, [page], []) AS pages,
    if(is_page_view AND {content_paths:String} != '' AND match(path, {content_paths:String}), [page], []) AS content_pages,
    if(is_high, [concat(type, ' ', page)], []) AS steps,
    toUInt64(has({decisive_types:Array(String)}, type)) AS decisive_count,
    toUInt64(is_conversion) AS conversion_count,
    toUInt64(startsWith(type, 'email_') OR is_unsubscribe) AS email_count,
    toUInt64(type = 'email_open') AS open_count,
    toUInt64(is_unsubscribe) AS unsubscribe_count,
    arrayFilter(
        (goal, types, paths) -> has(types, type) OR (paths != '' AND is_page_view AND match(path, paths)),
        {goal_names:Array(String)}, {goal_types:Array(Array(String))}, {goal_paths:Array(String)}
    ) AS goals,
    if(is_conversion AND value IS NOT NULL, [(ifNull(value, 0), toString(currency))], []) AS purchases,
    toString(source) AS source,
    toString(medium) AS medium,
    toString(campaign) AS campaign,
    referrer,
    toString(device) AS device,
    toString(browser) AS browser,
    toString(os) AS os,
    toString(country) AS country
FROM active_events
