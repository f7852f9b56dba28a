-- Copies of an event that differ: the one with the smallest (occurred_at, content) stands, the others are marked, and
-- a decision to suppress or release, made on any copy, holds for the one that stands.
INSERT INTO events
WITH
fresh AS
(
    SELECT DISTINCT bucket, sender, event_id FROM events
    WHERE site_id = {site_id:String} AND {{commit.new}}
),
copies AS
(
    SELECT * FROM events FINAL
    PREWHERE site_id = {site_id:String}
      AND bucket IN (SELECT bucket FROM fresh)
      AND event_id IN (SELECT event_id FROM fresh)
      AND (bucket, sender, event_id) IN (SELECT bucket, sender, event_id FROM fresh)
),
{{event.settled}}
