-- What the leads are called: by the latest fact that names them.
SELECT ref, argMax(lead_name, (occurred_at, event_id, sender)) FROM names FINAL
PREWHERE site_id = {site_id:String} AND ref IN {leads:Array(String)}
WHERE is_active
GROUP BY ref
