-- The identity facts of the erased events. An e-mail that another lead's event names too stays with that one.
DELETE FROM /* table */
WHERE site_id = {site_id:String}
  AND (
      ref IN (SELECT ref FROM leaving WHERE kind = 'ref')
      OR key IN (SELECT ref FROM leaving WHERE kind = 'ref' AND NOT startsWith(ref, 'e:'))
      OR sender IN (SELECT ref FROM leaving WHERE kind = 'ref' AND NOT startsWith(ref, 'e:'))
      OR (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event')
  )
