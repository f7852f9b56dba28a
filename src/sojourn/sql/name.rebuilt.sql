-- The names in the events in some buckets, anew.
WITH naming_events AS ( {{event.of_buckets}} )
{{name.of_events}}
