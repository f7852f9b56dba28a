-- A lead's active events between two instants, both included, oldest first.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, event_id, type, external_id, email, url, host, points, properties, title
    FROM events FINAL
    WHERE site_id = {site_id:String}
      AND (bucket, sender) IN (
          SELECT toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', key)), 65535)), key
          FROM (SELECT arrayJoin({keys:Array(String)}) AS key))
      AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
      AND suppressed = '' AND NOT is_superseded
      AND NOT has({passive_types:Array(String)}, type)
),
{{link.scoped}},
{{identity.resolved}}
SELECT event_id, toString(type) AS type, url, toString(host) AS host, occurred_at, points, properties, sender
FROM resolved
WHERE lead = {lead:String} AND (occurred_at, event_id, sender) > ({after_ms:Int64}, {after_id:String}, {after_sender:String})
ORDER BY occurred_at, event_id, sender
LIMIT {most:UInt32}
