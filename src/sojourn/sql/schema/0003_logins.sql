-- Who may look at the pages, and what they keep there. Facts, though not of leads.

-- Versions of logins, one JSON text each; the newest counts.
CREATE TABLE logins
(
    email String,
    version UInt64,
    definition String,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version)
ORDER BY email
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Browsers that are logged in, by the hash of what their cookie holds; a newer version ends one.
CREATE TABLE tickets
(
    ticket_hash String,
    version UInt64,
    email String,
    created_at Int64,
    ends_at Int64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY ticket_hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was changed on a site, by whom: a login's e-mail, or `owner of the machine`.
CREATE TABLE audit
(
    site_id LowCardinality(String),
    at Int64,
    version UInt64,
    actor String,
    action LowCardinality(String),
    detail String
)
ENGINE = MergeTree
ORDER BY (site_id, at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Named sets of filters, columns and order, as the address of a page holds them.
CREATE TABLE saved_views
(
    site_id LowCardinality(String),
    view_id String,
    version UInt64,
    name String,
    page LowCardinality(String),
    query String,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, view_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
