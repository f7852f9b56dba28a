-- Events of the keys between two instants, both included, that count in no session, oldest first.
SELECT
    sender, occurred_at, event_id, toString(type) AS type, external_id, email, url, toString(host) AS host, points, properties,
    toString(suppressed) AS suppressed
FROM events FINAL
PREWHERE site_id = {site_id:String}
  AND {{event.behind_keys}}
  AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
WHERE is_superseded = 0 AND greatest(suppressed != '', has({passive_types:Array(String)}, type)) = 1
ORDER BY occurred_at, event_id, sender
LIMIT {most:UInt32}
