-- The lead of each of some events, by its place among them.
WITH
scoped_events AS
(
    SELECT e.1 AS place, e.2 AS sender, e.3 AS external_id, e.4 AS email, e.5 AS occurred_at
    FROM (SELECT arrayJoin(arrayZip({places:Array(UInt32)}, {senders:Array(String)}, {external_ids:Array(String)}, {emails:Array(String)}, {instants:Array(Int64)})) AS e)
),
{{link.scoped}},
{{identity.resolved}}
SELECT place, lead FROM resolved
