-- Exactly what is refused when it comes again: see `pipeline/erasures.py`.
DELETE FROM events
WHERE site_id = {site_id:String} AND occurred_at <= {erased_at:Int64}
  AND (bucket, sender) IN (SELECT bucket, ref FROM leaving WHERE kind = 'key')
  AND (
      multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), sender)
          IN (SELECT ref FROM leaving WHERE kind = 'ref')
      OR (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event')
  )
