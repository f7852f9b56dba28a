-- What the rows of the keys name, whether they are the lead's, and until when they happened; copies that do not stand and
-- suppressed ones too.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, event_id, external_id, email, handle
    FROM events FINAL
    WHERE site_id = {site_id:String}
      AND (bucket, sender) IN (
          SELECT toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', key)), 65535)), key
          FROM (SELECT arrayJoin({keys:Array(String)}) AS key))
),
{{link.scoped}},
{{identity.resolved}}
SELECT sender, external_id, email, handle, lead = {lead:String} AS is_its, max(occurred_at)
FROM resolved
GROUP BY sender, external_id, email, handle, is_its
