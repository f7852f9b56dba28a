-- Leads to look at: those that randomly chosen senders name, those of randomly chosen sessions, and those whose
-- sessions changed last.
WITH
senders AS
(
    SELECT sender FROM (SELECT DISTINCT sender FROM events WHERE site_id = {site_id:String})
    ORDER BY xxHash64(concat({seed:String}, sender)) LIMIT {most:UInt32}
),
named AS
(
    SELECT DISTINCT arrayJoin(arrayFilter(ref -> ref != '', [
        sender,
        if(external_id != '', concat('i:', external_id), ''),
        if(email != '', concat('e:', email), ''),
        if(handle != '', concat('h:', handle), '')
    ])) AS lead
    FROM events
    WHERE site_id = {site_id:String} AND sender IN senders
),
stored AS
(
    SELECT lead FROM (SELECT DISTINCT lead FROM sessions WHERE site_id = {site_id:String} AND generation = {present:UInt32} AND is_deleted = 0)
    ORDER BY xxHash64(concat({seed:String}, lead)) LIMIT {most:UInt32}
),
changed AS
(
    SELECT lead FROM sessions WHERE site_id = {site_id:String} AND generation = {present:UInt32} AND is_deleted = 0
    ORDER BY version DESC LIMIT {most:UInt32}
)
SELECT lead FROM named
UNION DISTINCT SELECT lead FROM stored
UNION DISTINCT SELECT lead FROM changed
