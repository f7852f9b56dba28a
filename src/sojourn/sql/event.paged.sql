-- The active events of a stretch of buckets, for `frames/fold.py`, which orders them several times as fast as the engine
-- does. A sender behind which, or to whom, no identity fact leads is its own lead. `identity` repeats where there is more
-- than one row of an event: then it is read again with FINAL.
SELECT
    sender, occurred_at, event_id, external_id, email, account, type, url, referrer, source, medium,
    campaign, device, browser, os, country, value, currency, points,
    xxHash64(sender, event_id) AS identity,
    sender IN (SELECT arrayJoin([key, ref]) FROM links WHERE site_id = {site_id:String}) AS is_entangled
FROM events /* final */
WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
  AND occurred_at >= {from_ms:Int64}
  AND (commit_id <= {upto:UInt64} AND has({hidden:Array(UInt64)}, commit_id) = 0 OR version >= 4503599627370496)
  AND suppressed = '' AND is_superseded = 0
  AND has({passive_types:Array(String)}, type) = 0
-- Large blocks: each has its own dictionaries.
SETTINGS max_threads = {threads:UInt8}, max_block_size = 262144, preferred_block_size_bytes = 0
