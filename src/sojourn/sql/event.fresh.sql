-- Who sent the events committed in (after, upto], and between which instants.
SELECT
    sender, external_id, email, handle,
    min(occurred_at) AS from_ms,
    max(occurred_at) AS to_ms,
    max(lead_name != '') AS is_named
FROM events
WHERE site_id = {site_id:String} AND {{commit.new}}
GROUP BY sender, external_id, email, handle
