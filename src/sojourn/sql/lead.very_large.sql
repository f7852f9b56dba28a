-- The leads of a generation that have a session of very many events, in a stretch of buckets.
SELECT DISTINCT lead FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND event_count >= {very_many:UInt64} AND is_deleted = 0
