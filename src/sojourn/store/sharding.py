"""By what each table's rows are spread over a cluster's shards.

All versions of a row lie on one shard, so that FINAL finds them there: each expression reads columns of the table's
sorting key alone. Events lie by the identifier as sent, whose hash their bucket is, and a session by the bucket in its
number, which is that of its first event: they lie on one shard.

A shard has a stretch of buckets, so that a node reads nothing for those of the others, which lie before its own or
behind them. Of a cluster that was founded before it has the remainders of buckets: what looks for senders reads a block
for each of them on every shard.
"""

_BUCKETS = 65_536
_BY_BUCKET = {
    "events": "bucket",
    "sessions": "toUInt16(bitAnd(bitShiftRight(number, 64), 65535))",
    "leaving": "bucket",
}
SHARDED_BY = {
    **_BY_BUCKET,
    "slices": "cityHash64(lead)",
    "links": "cityHash64(key)",
    "kept_links": "cityHash64(key)",
    "members": "cityHash64(ref)",
    "names": "cityHash64(ref)",
    "kept_names": "cityHash64(ref)",
    "leads": "cityHash64(lead_number)",
    "erasures": "cityHash64(number)",
    "receipts": "cityHash64(site_id)",
    "refusals": "cityHash64(site_id)",
    "sites": "cityHash64(site_id)",
    "keys": "cityHash64(key_hash)",
    "imports": "cityHash64(site_id)",
    "import_shifts": "cityHash64(site_id)",
    "segments": "cityHash64(site_id)",
    "saved_views": "cityHash64(site_id)",
    "audit": "cityHash64(site_id)",
    "logins": "cityHash64(email)",
    "tickets": "cityHash64(ticket_hash)",
    "progress": "cityHash64(worker)",
    "processes": "cityHash64(name)",
    "errands": "cityHash64(name)",
    "schema_versions": "cityHash64(version)",
}


def sharded_by(table: str, weight: int | None) -> str:
    """`weight` is that of all shards together; None for a cluster whose shards have the remainders of buckets."""
    by = SHARDED_BY[table]
    return f"intDiv({by} * {weight}, {_BUCKETS})" if weight is not None and table in _BY_BUCKET else by
