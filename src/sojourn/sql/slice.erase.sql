-- The slices of the lead, and what was once one of an identifier that it shares.
DELETE FROM slices
WHERE site_id = {site_id:String} AND is_deleted = 0
  AND (
      lead IN (SELECT ref FROM leaving WHERE kind IN ('ref', 'lead'))
      OR (
          lead IN (SELECT ref FROM leaving WHERE kind = 'shared')
          AND (generation, lead, slice_at, version) NOT IN (
              SELECT generation, lead, slice_at, version FROM slices FINAL
              WHERE site_id = {site_id:String} AND lead IN (SELECT ref FROM leaving WHERE kind = 'shared'))
      )
  )
