-- The names in the events in some buckets, anew, and those that were kept when their events were purged.
WITH naming_events AS ( {{event.of_buckets}} )
{{name.of_events}}
UNION ALL
SELECT * FROM kept_names FINAL WHERE {{sender.of_buckets}}
