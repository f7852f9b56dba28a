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
-- Small granules and blocks: a pass wants a few events of each of a thousand senders.
SETTINGS
    index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

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

-- Identity facts and names whose events are purged, as far as later events still need them. Rows of `links` and
-- `names`, which hold them too.
CREATE TABLE kept_links
(
    site_id LowCardinality(String),
    key String CODEC(ZSTD(1)),
    occurred_at Int64 CODEC(Delta, ZSTD(1)),
    event_id String CODEC(ZSTD(1)),
    sender String CODEC(ZSTD(1)),
    content UInt64,
    ref String CODEC(ZSTD(1)),
    is_weak UInt8,
    is_active UInt8,
    commit_id UInt64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, key, occurred_at, event_id, sender, content)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE kept_names
(
    site_id LowCardinality(String),
    ref String CODEC(ZSTD(1)),
    occurred_at Int64,
    event_id String CODEC(ZSTD(1)),
    sender String CODEC(ZSTD(1)),
    content UInt64,
    lead_name String CODEC(ZSTD(1)),
    is_active UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, ref, occurred_at, event_id, sender, content)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1;

-- What was erased, as numbers of which nobody can tell what they were made of: of an identifier's ref, or of an event's
-- sender and id. It counts when `receipts` has the receipt.
CREATE TABLE erasures
(
    site_id LowCardinality(String),
    number UInt128,
    erased_at Int64,
    receipt_number UInt128
)
ENGINE = MergeTree
ORDER BY (site_id, number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- One row an erased lead: the moment from which it is gone.
CREATE TABLE receipts
(
    site_id LowCardinality(String),
    receipt_number UInt128,
    lead_number UInt128,
    erased_at Int64,
    event_count UInt64,
    session_count UInt64,
    identifier_count UInt64,
    is_done UInt8, -- nothing of it is left to delete
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, receipt_number)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- What the deletion under way goes by, in clear text: the statements name this table, since they themselves stay on the
-- disk for a while. Emptied as soon as it is done.
CREATE TABLE leaving
(
    site_id LowCardinality(String),
    kind LowCardinality(String), -- event: this event; key: somebody whose events are looked at; ref: gone for good
    bucket UInt16,
    ref String,                  -- of an event its sender
    event_id String,
    receipt_number UInt128
)
ENGINE = MergeTree
ORDER BY (site_id, kind, bucket, ref)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

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

-- Versions of segments' definitions, one JSON text each; the newest counts.
CREATE TABLE segments
(
    site_id LowCardinality(String),
    segment_id String,
    version UInt64,
    definition String,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, segment_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
