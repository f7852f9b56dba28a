-- The events behind the horizon of the leads' sessions that started before it.
INSERT INTO leaving (site_id, kind, bucket, ref, event_id)
WITH
{{session.windows}},
scoped_events AS
(
    SELECT bucket, sender, occurred_at, event_id, external_id, email
    FROM events FINAL
    WHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
      AND occurred_at >= {horizon:Int64}
      AND suppressed = '' AND is_superseded = 0
      AND has({passive_types:Array(String)}, type) = 0
),
{{link.scoped}},
{{identity.resolved}}
SELECT {site_id:String}, 'event', r.bucket, r.sender, r.event_id
FROM resolved AS r
INNER JOIN windows AS w ON r.lead = w.lead
WHERE r.occurred_at >= w.from_ms AND r.occurred_at <= w.to_ms
