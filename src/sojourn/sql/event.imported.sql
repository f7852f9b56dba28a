-- Columns of rows as events. The content is that of `model/event.py`, the sender that of `model/identity.py`.
INSERT INTO events (
    site_id, bucket, sender, occurred_at, event_id, content, commit_id, received_at, type, external_id, email, handle,
    lead_name, account, url, host, path, title, referrer, source, medium, campaign, device, browser, os, country, value,
    currency, points, properties, context
)
SELECT
    {site_id:String},
    toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', sender)), 65535)),
    multiIf(visitor_id != '', concat('v:', visitor_id), external_id != '', concat('i:', external_id), email != '', concat('e:', email), concat('h:', handle)) AS sender,
    occurred_at,
    event_id,
    xxHash64(concat(
        type, '\0', external_id, '\0', email, '\0', handle, '\0', lead_name, '\0', account, '\0', url, '\0', title, '\0',
        referrer, '\0', source, '\0', medium, '\0', campaign, '\0', device, '\0', browser, '\0', os, '\0', country, '\0',
        if(value IS NULL, '', toString(reinterpretAsUInt64(ifNull(value, 0)))), '\0', currency, '\0', toString(points), '\0', properties, '\0',
        context, '\0', '\0'
    )),
    {commit_id:UInt64},
    {received_at:Int64},
    type, external_id, email, handle, lead_name, account, url, host, path, title, referrer, source, medium, campaign,
    device, browser, os, country, value, currency, points, properties, context
FROM (SELECT * /* absent */ FROM /* rows */)
SETTINGS max_insert_threads = 1, materialize_skip_indexes_on_insert = 0
