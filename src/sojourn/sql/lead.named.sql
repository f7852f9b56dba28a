-- What the rows of the keys name, whether they are the lead's, and until when they happened; copies that do not stand and
-- suppressed ones too.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, event_id, external_id, email, handle
    FROM events FINAL
    PREWHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
),
{{link.scoped}},
{{identity.resolved}}
SELECT sender, external_id, email, handle, lead = {lead:String} AS is_its, max(occurred_at)
FROM resolved
GROUP BY sender, external_id, email, handle, is_its
