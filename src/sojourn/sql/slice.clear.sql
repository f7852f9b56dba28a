-- The slices of the leads in their windows are no more, before they are computed anew.
INSERT INTO slices (site_id, generation, lead, slice_at, version, is_deleted)
WITH
{{session.windows}}
SELECT {site_id:String}, {generation:UInt32}, s.lead, s.slice_at, {version:UInt64}, 1
FROM (SELECT lead, slice_at FROM slices FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}) AS s
INNER JOIN windows AS w ON s.lead = w.lead
WHERE s.slice_at >= w.from_ms AND s.slice_at <= w.to_ms
