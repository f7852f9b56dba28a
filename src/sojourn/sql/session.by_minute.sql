-- How many rows of sessions begin in each minute of a window, newest first: about how long a stretch of them is.
SELECT intDiv(started_at, 60000) AS minute, count()
FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND started_at >= {f_from:Int64} AND started_at < {f_to:Int64}
GROUP BY minute
ORDER BY minute DESC
