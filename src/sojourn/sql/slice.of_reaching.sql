-- Leads that lose a session with slices behind the horizon.
INSERT INTO leaving (site_id, kind, ref)
SELECT {site_id:String}, 'ref', arrayJoin({leads:Array(String)})
