-- What the sessions of leads that are served come to.
SELECT lead, count() AS session_count, sum(event_count) AS event_count, min(started_at) AS first_seen_at, max(ended_at) AS last_seen_at
FROM sessions FINAL
{{session.of_leads}}
  AND started_at >= {oldest:Int64}
GROUP BY lead
