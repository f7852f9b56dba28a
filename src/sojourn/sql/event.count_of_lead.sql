-- How many events the store holds of a lead since an instant, in whatever state, and how many of them are suppressed.
WITH
scoped_events AS
(
    SELECT sender, occurred_at, event_id, external_id, email, suppressed
    FROM events FINAL
    PREWHERE site_id = {site_id:String} AND occurred_at >= {oldest:Int64} AND {{event.behind_keys}}
    WHERE is_superseded = 0
),
{{link.scoped}},
{{identity.resolved}}
SELECT count() FROM resolved WHERE lead = {lead:String}
