commit_id > {after:UInt64} AND commit_id <= {upto:UInt64} AND has({hidden:Array(UInt64)}, commit_id) = 0
