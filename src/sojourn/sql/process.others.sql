-- Processes that said of late that they work here, but for one.
SELECT name, said_at FROM processes FINAL
WHERE name != {name:String} AND is_ended = 0 AND said_at > {since:Int64}
ORDER BY name
