-- Suppressing or releasing events is a fact of its own: their rows again, with the decision.
INSERT INTO events
SELECT e.* REPLACE (
    {commit_id:UInt64} AS commit_id,
    {reason:String} AS suppressed,
    {commit_id:UInt64} AS decided,
    4503599627370496 + {commit_id:UInt64} + if(e.is_superseded, bitShiftLeft(toUInt64(1), 63), 0) AS version
)
FROM (SELECT * FROM events FINAL) AS e
WHERE e.site_id = {site_id:String} AND e.event_id IN {event_ids:Array(String)}
