-- Every ref that may be the lead of an event in these buckets, and the leads of the stored sessions whose first event
-- lies there, whether there are events or not; the bucket is in the session's id.
SELECT DISTINCT arrayJoin(arrayFilter(ref -> ref != '', [
    sender,
    if(external_id != '', concat('i:', external_id), ''),
    if(email != '', concat('e:', email), ''),
    if(handle != '', concat('h:', handle), '')
])) AS lead
FROM events
WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
UNION DISTINCT
SELECT DISTINCT lead FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {present:UInt32}
  AND bitAnd(bitShiftRight(number, 64), 65535) BETWEEN {first_bucket:UInt16} AND {last_bucket:UInt16}
