SELECT DISTINCT bucket, sender, occurred_at, event_id, content FROM events
WHERE site_id = {site_id:String} AND event_id = {event_id:String}
