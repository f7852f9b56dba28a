-- Kept facts that a later one stands for.
DELETE FROM kept_links
WHERE site_id = {site_id:String} AND occurred_at < {horizon:Int64}
  AND (key, occurred_at, event_id, sender, content) NOT IN ({{link.winning}})
