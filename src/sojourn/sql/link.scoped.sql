scoped_links AS
(
    SELECT key, occurred_at, event_id, sender, ref, is_weak, is_active
    FROM links FINAL PREWHERE site_id = {site_id:String} AND key IN {keys:Array(String)}
)
