-- Names whose events are gone and that are not kept.
DELETE FROM names
WHERE site_id = {site_id:String}
  AND (occurred_at < {horizon:Int64} OR (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event'))
  AND (ref, occurred_at, event_id, sender, content) NOT IN (
      SELECT ref, occurred_at, event_id, sender, content FROM kept_names WHERE site_id = {site_id:String})
