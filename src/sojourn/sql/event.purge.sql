-- One month of what happened before the horizon.
DELETE FROM events IN PARTITION /* month */
WHERE site_id = {site_id:String} AND occurred_at < {horizon:Int64}
