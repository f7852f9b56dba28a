-- The lead's sessions, and what was once a session of an identifier that it shares.
DELETE FROM sessions
WHERE site_id = {site_id:String} AND is_deleted = 0
  AND (
      lead IN (SELECT ref FROM leaving WHERE kind IN ('ref', 'lead'))
      OR (
          lead IN (SELECT ref FROM leaving WHERE kind = 'shared')
          AND (generation, number, version) NOT IN (
              SELECT generation, number, version FROM sessions FINAL
              WHERE site_id = {site_id:String} AND lead IN (SELECT ref FROM leaving WHERE kind = 'shared'))
      )
  )
