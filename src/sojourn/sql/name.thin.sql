-- Kept names that a later one stands for.
DELETE FROM kept_names
WHERE site_id = {site_id:String} AND occurred_at < {horizon:Int64}
  AND (ref, occurred_at, event_id, sender, content) NOT IN ({{name.winning}})
