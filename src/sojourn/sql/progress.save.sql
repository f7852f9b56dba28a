INSERT INTO progress (worker, done, is_synced, version)
SELECT {worker:String}, {done:UInt64}, {is_synced:UInt8}, {version:UInt64}
