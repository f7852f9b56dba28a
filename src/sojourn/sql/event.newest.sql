-- The keys of events in the order of a list, chosen by what is the same in every row of a copy. Only what is needed to
-- choose is read of all of them.
SELECT DISTINCT bucket, sender, occurred_at, event_id, content
FROM events
WHERE site_id = {site_id:String} AND occurred_at >= {f_from:Int64} AND occurred_at < {f_to:Int64} /* filters */
ORDER BY occurred_at /* order */, event_id /* order */, sender /* order */
LIMIT {most:UInt32}
