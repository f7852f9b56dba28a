-- The keys of the first rows of a list, chosen by what is the same in every row of a copy. Rows with the last instant
-- may be missing, and those of one instant come in any order: so nothing but instants, and what filters ask for, is read
-- of all events.
SELECT bucket, sender, occurred_at, event_id, content
FROM events
WHERE site_id = {site_id:String} AND occurred_at >= {f_from:Int64} AND occurred_at < {f_to:Int64} /* filters */
ORDER BY occurred_at /* order */
LIMIT {most:UInt32}
