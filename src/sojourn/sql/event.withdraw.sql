-- The events behind the horizon that leave with a session, or with a copy, from before it.
DELETE FROM events
WHERE site_id = {site_id:String} AND occurred_at >= {horizon:Int64}
  AND (bucket, sender) IN (SELECT bucket, ref FROM leaving WHERE kind = 'event')
  AND (bucket, sender, event_id) IN (SELECT bucket, ref, event_id FROM leaving WHERE kind = 'event')
