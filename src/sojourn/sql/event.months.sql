-- The months in which there is something to purge.
SELECT DISTINCT toYYYYMM(fromUnixTimestamp64Milli(occurred_at, 'UTC')) AS month FROM events
WHERE site_id = {site_id:String} AND occurred_at < {horizon:Int64}
ORDER BY month
