SELECT uniqExact(sender, event_id) FROM events WHERE site_id = {site_id:String} AND event_id IN {event_ids:Array(String)}
