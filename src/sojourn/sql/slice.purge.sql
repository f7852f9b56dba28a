-- Slices before the horizon; a lead whose session reached beyond it gets its slices anew when it has so many events.
DELETE FROM slices
WHERE site_id = {site_id:String}
  AND (started_at < {horizon:Int64} OR lead IN (SELECT ref FROM leaving WHERE kind = 'ref'))
