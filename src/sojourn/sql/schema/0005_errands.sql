-- What the process that works asks of others that share a cluster's store, for the time of one pass; see
-- pipeline/errands.py.
CREATE TABLE errands
(
    name String, -- of the process that is asked
    number UInt64,
    parameters String
)
ENGINE = MergeTree
ORDER BY (name, number);
