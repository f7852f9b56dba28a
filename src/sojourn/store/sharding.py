"""By what each table's rows are spread over a cluster's shards.

All versions of a row lie on one shard, so that FINAL finds them there: each expression reads columns of the table's
sorting key alone. Events lie by the identifier as sent, whose hash their bucket is, and a session by the bucket in its
number, which is that of its first event: they lie on one shard.
"""

SHARDED_BY = {
    "events": "bucket",
    "sessions": "toUInt16(bitAnd(bitShiftRight(number, 64), 65535))",
    "slices": "cityHash64(lead)",
    "links": "cityHash64(key)",
    "kept_links": "cityHash64(key)",
    "members": "cityHash64(ref)",
    "names": "cityHash64(ref)",
    "kept_names": "cityHash64(ref)",
    "leads": "cityHash64(lead_number)",
    "leaving": "bucket",
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
