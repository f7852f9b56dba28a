-- The lead_ids that sessions carry, so that each keeps answering.
INSERT INTO leads (site_id, lead_number, ref)
SELECT {site_id:String}, lead_number, ref
FROM
(
    SELECT
        arrayJoin({leads:Array(String)}) AS ref,
        bitShiftRight(reinterpretAsUInt128(reverse(substring(SHA256(concat({site_id:String}, '\0', ref)), 1, 16))), 1) AS lead_number
)
WHERE lead_number NOT IN (
    SELECT lead_number FROM leads WHERE site_id = {site_id:String} AND lead_number IN (
        SELECT bitShiftRight(reinterpretAsUInt128(reverse(substring(SHA256(concat({site_id:String}, '\0', arrayJoin({leads:Array(String)}))), 1, 16))), 1)))
