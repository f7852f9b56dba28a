-- Leads by their numbers, from an edge on.
SELECT DISTINCT lead_number, ref FROM leads
WHERE site_id = {site_id:String} AND lead_number /* side */ {edge:UInt128}
ORDER BY lead_number /* order */
LIMIT {most:UInt32}
