-- Whose the e-mails among the keys are.
SELECT key, argMin(ref, (occurred_at, event_id, sender)) FROM links FINAL
PREWHERE site_id = {site_id:String} AND key IN {keys:Array(String)}
WHERE startsWith(key, 'e:') AND is_active
GROUP BY key
