-- The identity facts of the events in some buckets, anew.
WITH linking_events AS ( {{event.of_buckets}} )
{{link.of_events}}
