-- The active events of the keys, of the commits up to the one that is being worked off: of what came later nothing is
-- touched yet, and half of it would make sessions that never were. Decisions (`version`) stand for older events.
-- PREWHERE names the key alone, which versions share: FINAL would else read every column of all that lies near.
scoped_events AS
(
    SELECT
        sender, occurred_at, event_id, type, external_id, email, account, url, path, page, referrer, source, medium,
        campaign, device, browser, os, country, value, currency, points
    FROM events FINAL
    PREWHERE site_id = {site_id:String}
      AND {{event.behind_keys}}
      AND occurred_at >= {from_ms:Int64} AND occurred_at <= {to_ms:Int64}
    WHERE (commit_id <= {upto:UInt64} AND has({hidden:Array(UInt64)}, commit_id) = 0 OR version >= 4503599627370496)
      AND suppressed = '' AND is_superseded = 0
      AND has({passive_types:Array(String)}, type) = 0
)
