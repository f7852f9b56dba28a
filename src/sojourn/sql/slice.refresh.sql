-- The slices of the leads in their windows, which begin and end at bounds of slices.
INSERT INTO slices
WITH
{{session.windows}},
{{event.scoped}},
{{link.scoped}},
{{identity.resolved}},
{{atom.in_windows}}
SELECT
    {site_id:String} AS site_id, {generation:UInt32} AS generation, lead,
    intDiv(started_at, {slice_ms:Int64}) * {slice_ms:Int64} AS slice_at,
    started_at, event_id, sender, ended_at, account, event_count, total_points, entry_point, exit_point, types,
    entry_url, exit_url, pages, content_pages, steps, decisive_count, conversion_count, email_count, open_count,
    unsubscribe_count, goals, purchases, source, medium, campaign, referrer, device, browser, os, country,
    {version:UInt64} AS version,
    toUInt8(0) AS is_deleted
FROM combined
