-- The newest events, so that an exact repetition is known at once after a restart too. What an import brought in one go
-- is left out: reading it would take longer than a start may.
SELECT site_id, sender, event_id, occurred_at, content
FROM events
WHERE decided = 0 AND is_superseded = 0 AND commit_id IN
(
    SELECT commit_id FROM events
    WHERE commit_id > (SELECT greatest(toInt64({upto:UInt64}) - 86400000000, 0))
    GROUP BY commit_id
    HAVING count() <= 10000
    ORDER BY commit_id DESC
    LIMIT 10000
)
ORDER BY commit_id DESC
LIMIT {most:UInt32}
