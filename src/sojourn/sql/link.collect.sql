-- New identity facts: those of the events committed in (after, upto].
INSERT INTO links (site_id, key, occurred_at, event_id, sender, content, ref, is_weak, is_active, commit_id, version)
WITH linking_events AS
(
    SELECT * FROM events
    WHERE site_id = {site_id:String} AND {{commit.new}}
)
{{link.of_events}}
