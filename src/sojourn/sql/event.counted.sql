-- How many rows of events there are in each stretch of so many milliseconds in a window, newest first.
SELECT intDiv(occurred_at, {width:Int64}) AS place, count()
FROM events
WHERE site_id = {site_id:String} AND occurred_at >= {f_from:Int64} AND occurred_at < {f_to:Int64} /* filters */
GROUP BY place
ORDER BY place DESC
