-- Those of the leads that have, or had, a session of very many events.
SELECT DISTINCT lead FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND {{session.of_leads}}
  AND event_count >= {very_many:UInt64}
