-- By how much the import of a file moves its events (`--shift-end now`): what was cut off goes on with the same.
CREATE TABLE import_shifts
(
    site_id LowCardinality(String),
    import_id String,
    shift_ms Int64,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (site_id, import_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
