-- What was erased, as numbers: each identifier that is gone for good, each event of another's identifier, and that one.
INSERT INTO erasures (site_id, number, erased_at, receipt_number)
SELECT DISTINCT
    site_id,
    bitShiftRight(reinterpretAsUInt128(reverse(substring(SHA256(concat(site_id, '\0', arrayJoin(
        if(kind = 'ref', [ref], [concat(ref, '\0', event_id), concat(ref, '\0')])
    ))), 1, 16))), 1),
    {erased_at:Int64},
    {receipt_number:UInt128}
FROM leaving
WHERE kind IN ('ref', 'event')
