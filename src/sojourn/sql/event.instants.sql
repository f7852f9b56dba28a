-- The instants of the events committed in (after, upto], for those senders that more than one lead may stand behind.
SELECT sender, external_id, email, occurred_at FROM events
WHERE site_id = {site_id:String} AND {{commit.new}}
  AND sender IN {senders:Array(String)}
