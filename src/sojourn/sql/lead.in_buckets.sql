-- Every ref that may be the lead of an event in these buckets.
SELECT DISTINCT arrayJoin(arrayFilter(ref -> ref != '', [
    sender,
    if(external_id != '', concat('i:', external_id), ''),
    if(email != '', concat('e:', email), ''),
    if(handle != '', concat('h:', handle), '')
])) AS lead
FROM events
WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
UNION DISTINCT
-- Whom only a fact names whose event is purged.
SELECT ref FROM kept_links WHERE site_id = {site_id:String} AND {first_bucket:UInt16} = 0
