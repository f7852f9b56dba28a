INSERT INTO processes (name, said_at, is_ended, word, version)
SELECT {name:String}, toUnixTimestamp64Milli(now64(3)), {is_ended:UInt8}, {word:String}, {version:UInt64}
