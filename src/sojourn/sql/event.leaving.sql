-- The lead's events of which a copy names none of the identifiers that are gone for good: a shared visitor's.
INSERT INTO leaving (site_id, kind, bucket, ref, event_id, receipt_number)
WITH
scoped_events AS
(
    SELECT bucket, sender, occurred_at, event_id, external_id, email
    FROM events FINAL
    WHERE site_id = {site_id:String} AND is_superseded = 0
      AND {{event.behind_keys}}
),
{{link.scoped}},
{{identity.resolved}},
its AS (SELECT bucket, sender, event_id FROM resolved WHERE lead = {lead:String})
SELECT DISTINCT {site_id:String}, 'event', bucket, sender, event_id, {receipt_number:UInt128}
FROM events
WHERE site_id = {site_id:String}
  AND (bucket, sender) IN (SELECT bucket, sender FROM its)
  AND (bucket, sender, event_id) IN (SELECT bucket, sender, event_id FROM its)
  AND multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), sender)
      NOT IN (SELECT ref FROM leaving WHERE kind = 'ref')
