bucket IN (
    SELECT toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', key)), 65535))
    FROM (SELECT arrayJoin({keys:Array(String)}) AS key))
AND sender IN {keys:Array(String)}
