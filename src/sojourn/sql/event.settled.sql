-- Ends the statements that settle copies: reads the CTE `copies`.
differing AS
(
    SELECT
        bucket, sender, event_id,
        min((occurred_at, content)) AS standing,
        max(decided) AS last_decided,
        argMax(suppressed, decided) AS decision
    FROM copies
    GROUP BY bucket, sender, event_id
    HAVING count() > 1
)
SELECT
    c.* REPLACE (
        {commit_id:UInt64} AS commit_id,
        if(last_decided > c.decided, decision, c.suppressed) AS suppressed,
        greatest(c.decided, last_decided) AS decided,
        toUInt8((c.occurred_at, c.content) != standing) AS is_superseded,
        if(greatest(c.decided, last_decided) > 0, 4503599627370496 + greatest(c.decided, last_decided), 0)
            + if((c.occurred_at, c.content) != standing, bitShiftLeft(toUInt64(1), 63), 0) AS version
    )
FROM copies AS c
INNER JOIN differing AS d ON c.bucket = d.bucket AND c.sender = d.sender AND c.event_id = d.event_id
WHERE ((c.occurred_at, c.content) != standing AND NOT c.is_superseded) OR last_decided > c.decided
