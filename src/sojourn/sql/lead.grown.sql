-- Those of the leads that have, or had, a session of very many events: all of it is in the projection by lead.
SELECT DISTINCT lead FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}
  AND event_count >= {very_many:UInt64}
