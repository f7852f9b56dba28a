-- The rows of a derived table that come from these senders' events, before they are written anew.
DELETE FROM /* table */
WHERE site_id = {site_id:String} AND sender IN {senders:Array(String)}
SETTINGS lightweight_deletes_sync = 2
