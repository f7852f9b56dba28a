INSERT INTO processes (name, said_at, is_ended, version)
SELECT {name:String}, if({is_void:UInt8}, 0, toUnixTimestamp64Milli(now64(3))), {is_ended:UInt8}, {version:UInt64}
