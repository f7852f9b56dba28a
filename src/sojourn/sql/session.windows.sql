windows AS
(
    SELECT w.1 AS lead, w.2 AS from_ms, w.3 AS to_ms
    FROM (SELECT arrayJoin(arrayZip({leads:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)})) AS w)
)
