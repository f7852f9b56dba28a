-- How many of the events committed in (after, upto] have copies that differ and are not settled.
WITH fresh AS
(
    SELECT bucket, sender, event_id FROM events
    WHERE site_id = {site_id:String} AND {{commit.new}}
)
SELECT count()
FROM
(
    SELECT 1 FROM events
    -- In this order, which the engine chooses itself where the rows are its own, and not for those of other nodes: the
    -- next column is read of what is left by the one before, and ids are short and leave almost nothing.
    PREWHERE site_id = {site_id:String} AND bucket IN (SELECT bucket FROM fresh)
      AND event_id IN (SELECT event_id FROM fresh) AND sender IN (SELECT sender FROM fresh)
    GROUP BY sender, event_id
    HAVING uniqExact(occurred_at, content) > 1
)
-- Asking the index of ids for each of them in every granule takes longer than to read what the senders have.
SETTINGS ignore_data_skipping_indices = 'event_id'
