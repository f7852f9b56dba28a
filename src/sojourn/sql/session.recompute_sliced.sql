-- `session.recompute` for leads with very many events, from their slices. No slice straddles the end of a window: what
-- lies in one slice lies in one session, and windows end where sessions do.
INSERT INTO sessions
WITH
{{session.windows}},
atoms AS
(
    SELECT s.*
    FROM (SELECT * FROM slices FINAL WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}) AS s
    INNER JOIN windows AS w ON s.lead = w.lead
    WHERE s.started_at >= w.from_ms AND s.started_at <= w.to_ms
),
combined AS ( {{atom.combined}} ),
{{session.written}}
