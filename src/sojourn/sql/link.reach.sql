-- Where the identity facts of the keys lead to, whether they hold or not.
SELECT DISTINCT key, ref FROM links WHERE site_id = {site_id:String} AND key IN {keys:Array(String)}
