-- Of which sites events were committed in (after, upto], how many, and of how many senders.
SELECT site_id, count(), uniq(sender) FROM events WHERE {{commit.new}} GROUP BY site_id
