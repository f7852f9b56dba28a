-- Those of the refs that an event, or an identity fact, ever named.
SELECT DISTINCT ref FROM
(
    SELECT sender AS ref FROM events
    WHERE site_id = {site_id:String}
      AND (bucket, sender) IN (
          SELECT toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', ref)), 65535)), ref
          FROM (SELECT arrayJoin({refs:Array(String)}) AS ref))
    UNION DISTINCT
    SELECT ref FROM members WHERE site_id = {site_id:String} AND ref IN {refs:Array(String)}
    UNION DISTINCT
    SELECT key AS ref FROM links WHERE site_id = {site_id:String} AND key IN {refs:Array(String)}
)
