-- Some of the events of senders with identity facts, put aside while pages were read: with their leads, and the share
-- of the leads that each is in.
WITH
scoped_events AS
(
    SELECT
        sender, occurred_at, event_id, external_id, email, account, type, url, referrer, source, medium, campaign,
        device, browser, os, country, value, currency, points
    FROM /* rows */
),
scoped_links AS
(
    SELECT key, occurred_at, event_id, sender, ref, is_weak, is_active FROM links FINAL WHERE site_id = {site_id:String}
),
{{identity.resolved}}
SELECT
    sipHash64(lead) % {shares:UInt32} AS share,
    lead, sender, occurred_at, event_id, account, type, url, referrer, source, medium, campaign, device, browser, os,
    country, value, currency, points
FROM resolved
