-- The identity facts in the CTE `linking_events`: (key, ref) for each event that names a lead behind a key.
-- An e-mail click names its lead weakly, and so does a phone.
SELECT
    site_id,
    pair.1 AS key,
    occurred_at,
    event_id,
    sender,
    content,
    pair.2 AS ref,
    pair.3 AS is_weak,
    toUInt8(suppressed = '' AND is_superseded = 0) AS is_active,
    commit_id,
    version
FROM (SELECT * FROM linking_events WHERE external_id != '' OR email != '' OR handle != '')
ARRAY JOIN arrayFilter(
    pair -> pair.1 != '' AND pair.2 != '',
    [
        (
            if(startsWith(sender, 'v:'), sender, ''),
            multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), handle != '', concat('h:', handle), ''),
            toUInt8(type = 'email_click' OR (external_id = '' AND email = ''))
        ),
        (
            if(email != '', concat('e:', email), ''),
            if(external_id != '', concat('i:', external_id), ''),
            toUInt8(0)
        ),
        (
            if(handle != '', concat('h:', handle), ''),
            multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), ''),
            toUInt8(0)
        )
    ]
) AS pair
