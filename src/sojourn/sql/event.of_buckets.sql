-- Each copy in its state after the commits in (after, upto], of these senders or of all in some buckets. What FINAL
-- does, for a moment that has passed.
SELECT * FROM events
WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
  AND (empty({senders:Array(String)}) OR sender IN {senders:Array(String)})
  AND occurred_at >= {purged_before:Int64}
  AND {{commit.new}}
ORDER BY version DESC
LIMIT 1 BY site_id, bucket, sender, occurred_at, event_id, content
