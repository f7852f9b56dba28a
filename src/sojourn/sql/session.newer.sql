-- How many sessions of a list began after an instant; 100 stands for more.
SELECT count() FROM
(
    SELECT 1 FROM sessions FINAL
    WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND started_at > {since:Int64} AND /* filters */
    LIMIT 100
)
