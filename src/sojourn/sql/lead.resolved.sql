-- The leads of the senders' events, and between which instants.
WITH
scoped_events AS
(
    SELECT e.1 AS sender, e.2 AS external_id, e.3 AS email, e.4 AS occurred_at
    FROM (SELECT arrayJoin(arrayZip({senders:Array(String)}, {external_ids:Array(String)}, {emails:Array(String)}, {instants:Array(Int64)})) AS e)
),
{{link.scoped}},
{{identity.resolved}}
SELECT lead, min(occurred_at) AS from_ms, max(occurred_at) AS to_ms FROM resolved GROUP BY lead
