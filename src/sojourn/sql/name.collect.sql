-- New names of leads: those in the events committed in (after, upto].
INSERT INTO names (site_id, ref, occurred_at, event_id, sender, content, lead_name, is_active, version)
SELECT
    site_id,
    multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), handle != '', concat('h:', handle), sender),
    occurred_at, event_id, sender, content, lead_name,
    toUInt8(suppressed = '' AND NOT is_superseded),
    version
FROM events
WHERE site_id = {site_id:String} AND {{commit.new}} AND lead_name != ''
