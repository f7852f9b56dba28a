-- Every key whose events may belong to the leads: those that named them, those that named these, and so on.
WITH
first_keys AS (SELECT key FROM members WHERE site_id = {site_id:String} AND ref IN {refs:Array(String)}),
second_keys AS (SELECT key FROM members WHERE site_id = {site_id:String} AND ref IN (SELECT key FROM first_keys)),
third_keys AS (SELECT key FROM members WHERE site_id = {site_id:String} AND ref IN (SELECT key FROM second_keys))
SELECT key FROM first_keys
UNION DISTINCT SELECT key FROM second_keys
UNION DISTINCT SELECT key FROM third_keys
