-- The names in the CTE `naming_events`, by the strongest ref that each event names.
SELECT
    site_id,
    multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), handle != '', concat('h:', handle), sender) AS ref,
    occurred_at, event_id, sender, content, lead_name,
    toUInt8(suppressed = '' AND is_superseded = 0) AS is_active,
    version
FROM naming_events
WHERE lead_name != ''
