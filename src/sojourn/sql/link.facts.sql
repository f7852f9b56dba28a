-- The identity facts of the keys that hold.
SELECT key, occurred_at, event_id, sender, ref, is_weak
FROM links FINAL
PREWHERE site_id = {site_id:String} AND key IN {keys:Array(String)}
WHERE is_active
