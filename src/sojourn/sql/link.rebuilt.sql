-- The identity facts of the events in some buckets, anew, and those that were kept when their events were purged.
WITH linking_events AS ( {{event.of_buckets}} )
{{link.of_events}}
UNION ALL
SELECT * FROM kept_links FINAL WHERE {{sender.of_buckets}}
