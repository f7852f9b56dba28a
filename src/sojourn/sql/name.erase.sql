-- The names in the erased events.
DELETE FROM /* table */
WHERE site_id = {site_id:String}
  AND (
      ref IN (SELECT ref FROM leaving WHERE kind = 'ref')
      OR sender IN (SELECT ref FROM leaving WHERE kind = 'ref' AND NOT startsWith(ref, 'e:'))
      OR (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event')
  )
