-- Keep the identity facts that later events need, before their events are deleted: the winning ones from before the
-- horizon, and all of the events behind it that leave.
INSERT INTO kept_links
SELECT * FROM links FINAL
WHERE site_id = {site_id:String} AND is_active
  AND (key, occurred_at, event_id, sender, content) NOT IN (
      SELECT key, occurred_at, event_id, sender, content FROM kept_links WHERE site_id = {site_id:String})
  AND (
      (occurred_at < {horizon:Int64} AND (key, occurred_at, event_id, sender, content) IN ({{link.winning}}))
      OR (occurred_at >= {horizon:Int64}
          AND (sender, event_id) IN (SELECT ref, event_id FROM leaving WHERE kind = 'event'))
  )
