-- The lead_ids that the sessions of a generation carry, so that each keeps answering.
INSERT INTO leads (site_id, lead_number, ref)
SELECT DISTINCT {site_id:String}, lead_number, lead FROM sessions
WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND is_deleted = 0
  AND lead_number NOT IN (SELECT lead_number FROM leads WHERE site_id = {site_id:String})
