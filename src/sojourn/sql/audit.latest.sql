-- What was changed on a site, the newest first.
SELECT at, actor, toString(action), detail FROM audit
WHERE site_id = {site_id:String}
ORDER BY at DESC, version DESC
LIMIT {most:UInt32}
