-- Leads that have sessions, and whose lead_id would not be found.
SELECT DISTINCT lead FROM sessions FINAL
WHERE site_id = {site_id:String} AND generation = {present:UInt32} AND (started_at, number) IN (
    SELECT started_at, number FROM sessions
    WHERE site_id = {site_id:String} AND generation = {present:UInt32} AND lead IN {leads:Array(String)})
  AND lead IN {leads:Array(String)}
  AND lead_number NOT IN (SELECT lead_number FROM leads WHERE site_id = {site_id:String} AND ref IN {leads:Array(String)})
ORDER BY lead
