-- Active events of the keys between two instants, both included, behind a place, oldest first.
SELECT
    sender, occurred_at, event_id, toString(type) AS type, external_id, email, url, toString(host) AS host, points, properties
FROM events FINAL
PREWHERE site_id = {site_id:String}
  AND {{event.behind_keys}}
  AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
  AND (occurred_at, event_id, sender) > ({after_ms:Int64}, {after_id:String}, {after_sender:String})
WHERE suppressed = '' AND is_superseded = 0
  AND has({passive_types:Array(String)}, type) = 0
ORDER BY occurred_at, event_id, sender
LIMIT {most:UInt32}
