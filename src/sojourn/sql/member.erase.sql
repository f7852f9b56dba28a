-- The ways back to and from the identifiers that are gone.
DELETE FROM members
WHERE site_id = {site_id:String}
  AND (
      ref IN (SELECT ref FROM leaving WHERE kind = 'ref')
      OR key IN (SELECT ref FROM leaving WHERE kind = 'ref' AND NOT startsWith(ref, 'e:'))
  )
