-- Who works on a cluster's store: one process at a time, as long as it says so again and again.
CREATE TABLE processes
(
    name String,
    said_at Int64,
    is_ended UInt8,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY name;
