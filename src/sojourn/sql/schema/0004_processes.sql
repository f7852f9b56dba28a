-- What the processes that share a cluster's store say of themselves, again and again; see pipeline/presence.py.
CREATE TABLE processes
(
    name String,
    said_at Int64,
    is_ended UInt8,
    word String,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name
TTL toDateTime(intDiv(said_at, 1000)) + INTERVAL 1 DAY;
