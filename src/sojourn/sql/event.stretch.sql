-- Until when the next events of these keys reach, some thousands of them.
SELECT max(occurred_at), count() FROM
(
    SELECT occurred_at FROM events
    WHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
      AND occurred_at >= {from_ms:Int64}
    ORDER BY occurred_at
    LIMIT {most:UInt32}
)
