site_id = {site_id:String}
    AND toUInt16(bitAnd(xxHash64(concat({site_id:String}, '\0', sender)), 65535)) BETWEEN {first_bucket:UInt16} AND {last_bucket:UInt16}
    AND (empty({senders:Array(String)}) OR sender IN {senders:Array(String)})
