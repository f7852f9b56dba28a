-- What sessions contain now, by their places in the primary key; one that is no more has no row.
SELECT number, content, updated_at
FROM sessions FINAL
PREWHERE site_id = {site_id:String} AND generation = {generation:UInt32}
  AND (started_at, number) IN (SELECT arrayJoin(arrayZip({instants:Array(Int64)}, {numbers:Array(UInt128)})))
