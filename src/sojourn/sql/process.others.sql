-- The last word of each other process, and how long ago it was said, in milliseconds by the store's own clock.
SELECT name, word, is_ended, toUnixTimestamp64Milli(now64(3)) - said_at AS ago
FROM processes FINAL
WHERE name != {name:String}
ORDER BY name
