-- `event.settle` for a stretch of buckets instead of a range of commits.
INSERT INTO events
WITH
copies AS
(
    SELECT * FROM events FINAL
    WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
      AND (sender, event_id) IN
      (
          SELECT sender, event_id FROM events
          WHERE site_id = {site_id:String} AND bucket >= {first_bucket:UInt16} AND bucket <= {last_bucket:UInt16}
          GROUP BY sender, event_id
          HAVING uniqExact(occurred_at, content) > 1
      )
),
{{event.settled}}
