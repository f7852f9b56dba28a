-- New names of leads: those in the events committed in (after, upto].
INSERT INTO names (site_id, ref, occurred_at, event_id, sender, content, lead_name, is_active, version)
WITH naming_events AS
(
    SELECT * FROM events
    WHERE site_id = {site_id:String} AND {{commit.new}}
)
{{name.of_events}}
