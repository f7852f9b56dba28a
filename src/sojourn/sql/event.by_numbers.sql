-- The events that sessions' ids were derived from, found by what the ids hold of them: whatever became of them since.
SELECT DISTINCT
    sender, event_id, bucket, occurred_at,
    xxHash64(concat({site_id:String}, '\0', sender, '\0', event_id)) AS tail
FROM events
WHERE site_id = {site_id:String}
  AND (bucket, occurred_at) IN (SELECT arrayJoin(arrayZip({buckets:Array(UInt16)}, {instants:Array(Int64)})))
  AND (bucket, occurred_at, tail) IN (SELECT arrayJoin(arrayZip({buckets:Array(UInt16)}, {instants:Array(Int64)}, {tails:Array(UInt64)})))
