INSERT INTO processes (name, said_at, is_ended, version)
VALUES ({name:String}, {said_at:Int64}, {is_ended:UInt8}, {version:UInt64})
