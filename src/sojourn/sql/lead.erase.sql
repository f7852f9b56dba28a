-- The lead_ids of the identifiers that are gone, and of the lead.
DELETE FROM leads
WHERE site_id = {site_id:String} AND ref IN (SELECT ref FROM leaving WHERE kind IN ('ref', 'lead'))
