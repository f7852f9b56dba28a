(bucket, sender) IN (
    SELECT toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', key)), 65535)), key
    FROM (SELECT arrayJoin({keys:Array(String)}) AS key))
