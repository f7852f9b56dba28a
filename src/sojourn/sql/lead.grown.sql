-- Those of the leads that have, or had, a session of very many events.
SELECT DISTINCT lead FROM sessions
{{session.of_leads}}
  AND event_count >= {very_many:UInt64}
