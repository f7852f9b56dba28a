-- Keep what leads are called, before the events that say so are deleted.
INSERT INTO kept_names
SELECT * FROM names FINAL
WHERE site_id = {site_id:String} AND is_active
  AND (ref, occurred_at, event_id, sender, content) NOT IN (
      SELECT ref, occurred_at, event_id, sender, content FROM kept_names WHERE site_id = {site_id:String})
  AND (
      (occurred_at < {horizon:Int64} AND (ref, occurred_at, event_id, sender, content) IN ({{name.winning}}))
      OR (occurred_at >= {horizon:Int64}
          AND (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event'))
  )
