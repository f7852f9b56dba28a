-- What the sessions of a window come to that all the conditions choose; `left` counts those that the first one leaves,
-- the first two, and so on. Days are cut in a time zone.
SELECT
    /* left */ AS left_by_filter,
    countIf(chosen) AS sessions_left,
    uniqExactIf(lead, chosen) AS leads_left,
    sumIf(event_count, chosen) AS events_left,
    sumIf(total_points, chosen) AS points_left,
    countIf(chosen AND is_converted) AS converted_left,
    if(sessions_left = 0, 0, quantileExactIf(0.5)(length_ms, chosen)) AS median_ms,
    sumMapIf([toString(toDate(fromUnixTimestamp64Milli(started_at, {time_zone:String})))], [toUInt64(1)], chosen) AS by_day,
    sumMapIf([toString(toDate(fromUnixTimestamp64Milli(started_at, {time_zone:String})))], [toUInt64(is_converted)], chosen) AS converted_by_day,
    sumMapIf([toUInt8(multiIf(length_ms < 10000, 0, length_ms < 60000, 1, length_ms < 300000, 2, length_ms < 900000, 3, length_ms < 1800000, 4, 5))], [toUInt64(1)], chosen) AS by_duration,
    sumMapIf([toString(entry_point)], [toUInt64(1)], chosen) AS by_entry
FROM
(
    SELECT *, ended_at - started_at AS length_ms, toUInt8(/* chosen */) AS chosen
    FROM sessions FINAL
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND /* window */
)
