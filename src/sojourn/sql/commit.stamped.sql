-- The newest number that was given to anything but an event: a clock that was ahead may have made it later than now, and
-- what is written behind it must count as newer.
SELECT max(version) FROM
(
    SELECT max(version) AS version FROM sites
    UNION ALL SELECT max(version) FROM keys
    UNION ALL SELECT max(version) FROM receipts
    UNION ALL SELECT max(version) FROM imports
    UNION ALL SELECT max(version) FROM import_shifts
    UNION ALL SELECT max(version) FROM segments
    UNION ALL SELECT max(version) FROM logins
    UNION ALL SELECT max(version) FROM tickets
    UNION ALL SELECT max(version) FROM audit
    UNION ALL SELECT max(version) FROM saved_views
    UNION ALL SELECT max(version) FROM sessions
    UNION ALL SELECT max(version) FROM slices
    UNION ALL SELECT max(version) FROM progress
)
