-- Derived: functions of the facts, rebuilt at will.

-- One row an identity fact: an event that names a lead behind a key (a visitor, an e-mail, a phone).
CREATE TABLE links
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
SETTINGS index_granularity = 1024;

-- The way back: every key that ever named this ref. It may hold more than what is true now, never less.
CREATE TABLE members
(
    site_id LowCardinality(String),
    ref String CODEC(ZSTD(1)),
    key String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (site_id, ref, key)
SETTINGS index_granularity = 1024;

-- What leads are called: the name in each event that gives one, by the strongest ref that it names.
CREATE TABLE names
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
SETTINGS index_granularity = 1024;

-- Every lead_id that a session ever carried, with the ref behind it.
CREATE TABLE leads
(
    site_id LowCardinality(String),
    lead_number UInt128,
    ref String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (site_id, lead_number)
SETTINGS index_granularity = 1024;

-- Sessions, one row a version. A row, its replacement and its tombstone share started_at, and so the partition.
CREATE TABLE sessions
(
    site_id LowCardinality(String),
    generation UInt32,
    started_at Int64 CODEC(Delta, ZSTD(1)),
    number UInt128,
    ended_at Int64 CODEC(Delta, ZSTD(1)),
    lead String CODEC(ZSTD(1)),
    lead_number UInt128,
    account String CODEC(ZSTD(1)),
    account_number UInt128, -- that of its account_id; 0 without an account
    event_count UInt64,
    page_count UInt64,
    entry_point LowCardinality(String),
    exit_point LowCardinality(String),
    types Array(LowCardinality(String)), -- those of its events, each once, sorted
    entry_url String CODEC(ZSTD(1)),
    exit_url String CODEC(ZSTD(1)),
    total_points Int64,
    intent_score UInt8,
    intent LowCardinality(String),
    is_converted UInt8,
    goals Array(LowCardinality(String)),
    revenue Nullable(Float64),
    currency LowCardinality(String),
    source LowCardinality(String),
    medium LowCardinality(String),
    campaign LowCardinality(String),
    channel LowCardinality(String),
    referrer String CODEC(ZSTD(1)),
    device LowCardinality(String),
    browser LowCardinality(String),
    os LowCardinality(String),
    country LowCardinality(String),
    content UInt64,
    updated_at Int64 CODEC(Delta, ZSTD(1)),
    version UInt64,
    is_deleted UInt8,
    -- What a list shows of the row, in one text: to unpack it takes a third of the time that its columns take.
    shown String MATERIALIZED toJSONString(tuple(
        ended_at, lead, account, event_count, page_count, toString(entry_point), toString(exit_point), types, entry_url,
        exit_url, total_points, intent_score, toString(intent), is_converted, goals, revenue, toString(currency),
        toString(source), toString(medium), toString(campaign), toString(channel), referrer, toString(device),
        toString(browser), toString(os), toString(country), content, updated_at)) CODEC(ZSTD(1)),
    PROJECTION by_lead (
        SELECT site_id, generation, lead, started_at, number, ended_at, event_count, is_deleted
        ORDER BY site_id, generation, lead, started_at),
    INDEX account_number account_number TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX ended_at ended_at TYPE minmax GRANULARITY 1,
    INDEX updated_at updated_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(started_at, 'UTC'))
ORDER BY (site_id, generation, started_at, number)
-- Small granules and blocks, since a list wants rows that lie far apart.
SETTINGS
    index_granularity = 512, min_compress_block_size = 8192,
    deduplicate_merge_projection_mode = 'rebuild', lightweight_mutation_projection_mode = 'rebuild';

-- Aligned slices, one timeout wide, of leads with very many events, so that one more does not read them all again.
CREATE TABLE slices
(
    site_id LowCardinality(String),
    generation UInt32,
    lead String CODEC(ZSTD(1)),
    slice_at Int64,
    started_at Int64,
    event_id String,
    sender String,
    ended_at Int64,
    account String,
    event_count UInt64,
    total_points Int64,
    entry_point String,
    exit_point String,
    types Array(String),
    entry_url String,
    exit_url String,
    pages Array(String),
    content_pages Array(String),
    steps Array(String),
    decisive_count UInt64,
    conversion_count UInt64,
    email_count UInt64,
    open_count UInt64,
    unsubscribe_count UInt64,
    goals Array(String),
    purchases Array(Tuple(Float64, String)),
    source String,
    medium String,
    campaign String,
    referrer String,
    device String,
    browser String,
    os String,
    country String,
    version UInt64,
    is_deleted UInt8
)
ENGINE = ReplacingMergeTree(version, is_deleted)
ORDER BY (site_id, generation, lead, slice_at)
SETTINGS index_granularity = 256;

-- How far each process has brought the derived tables up to date.
CREATE TABLE progress
(
    worker String,
    done UInt64,
    is_synced UInt8, -- ended cleanly, with all of it on the disk
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY worker;
