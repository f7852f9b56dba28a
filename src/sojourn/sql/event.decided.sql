-- Whether a decision stands for an event of these buckets: then its row as sent counts no more.
SELECT 1 FROM events
WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
  AND version >= 4503599627370496
LIMIT 1
