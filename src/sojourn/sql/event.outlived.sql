-- Copies behind the horizon of events that happened, by the copy that stands, before it.
INSERT INTO leaving (site_id, kind, bucket, ref, event_id)
WITH
later AS
(
    SELECT bucket, sender, event_id FROM events
    WHERE site_id = {site_id:String} AND occurred_at >= {horizon:Int64} AND is_superseded
)
SELECT DISTINCT {site_id:String}, 'event', bucket, sender, event_id
FROM events
WHERE site_id = {site_id:String} AND occurred_at < {horizon:Int64}
  AND (bucket, sender, event_id) IN (SELECT bucket, sender, event_id FROM later)
