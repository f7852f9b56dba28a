-- Facts: append-only. Times are milliseconds since 1970 in UTC.

-- One row a copy of an event. Its state (suppressed by a decision, superseded by a smaller copy) is a row with the
-- same key and a higher version, so that reading with FINAL gives each copy once, in its present state.
-- `bucket` comes first so that a session's id, which holds it, finds its event without a search.
CREATE TABLE events
(
    site_id LowCardinality(String),
    bucket UInt16,
    sender String CODEC(ZSTD(1)),
    occurred_at Int64 CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    content UInt64 CODEC(NONE), -- a hash: nothing to gain
    commit_id UInt64 CODEC(Delta, ZSTD(1)),
    received_at Int64 CODEC(Delta, ZSTD(1)),
    type LowCardinality(String),
    visitor_id String ALIAS if(startsWith(sender, 'v:'), substring(sender, 3), ''),
    external_id String CODEC(ZSTD(1)),
    email String CODEC(ZSTD(1)),
    handle String CODEC(ZSTD(1)),
    lead_name String CODEC(ZSTD(1)),
    account String CODEC(ZSTD(1)),
    url String CODEC(ZSTD(1)),
    host LowCardinality(String),
    path String CODEC(ZSTD(1)),
    -- The page that the URL shows: `model/page.py`.
    page String ALIAS if(url = '', '', multiIf(
        trim(TRAILING '/' FROM concat(host, path)) != '', trim(TRAILING '/' FROM concat(host, path)), host != '', toString(host), '/')),
    title String CODEC(ZSTD(1)),
    referrer String CODEC(ZSTD(1)),
    source LowCardinality(String),
    medium LowCardinality(String),
    campaign LowCardinality(String),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    country LowCardinality(String),
    value Nullable(Float64),
    currency LowCardinality(String),
    points Int64,
    properties String CODEC(ZSTD(1)),
    context String CODEC(ZSTD(1)),
    traits String CODEC(ZSTD(1)),
    suppressed LowCardinality(String),
    decided UInt64 DEFAULT 0,      -- the commit of the decision that suppressed or released it; 0: as sent
    is_superseded UInt8 DEFAULT 0, -- a copy with a smaller (occurred_at, content) stands instead
    -- As sent it counts down from 2^52, so that the first of equal copies stays; that of a decision counts up from it.
    version UInt64 DEFAULT 4503599627370496 - commit_id,
    INDEX commit_id commit_id TYPE minmax GRANULARITY 1,
    INDEX event_id event_id TYPE bloom_filter(0.0001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(occurred_at, 'UTC'))
ORDER BY (site_id, bucket, sender, occurred_at, event_id, content)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- Versions of a site's definition, one JSON text each; the newest counts.
CREATE TABLE sites
(
    site_id String,
    version UInt64,
    definition String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY site_id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Keys, hashed; a newer version revokes one or ends it at an instant (0: never).
CREATE TABLE keys
(
    key_hash String,
    version UInt64,
    site_id String,
    kind LowCardinality(String),
    shown String,
    created_at Int64,
    ends_at Int64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY key_hash
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What was refused, counted by reason.
CREATE TABLE refusals
(
    site_id LowCardinality(String),
    day Date,
    reason LowCardinality(String),
    refused UInt64
)
ENGINE = SummingMergeTree
ORDER BY (site_id, day, reason);

-- How far the import of a file came, so that it goes on where it was cut off; `rows` are those read so far.
CREATE TABLE imports
(
    site_id LowCardinality(String),
    import_id String,
    rows UInt64,
    accepted UInt64,
    refused UInt64,
    is_done UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
