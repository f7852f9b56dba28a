SELECT DISTINCT lead FROM slices WHERE site_id = {site_id:String} AND generation = {generation:UInt32} AND lead IN {leads:Array(String)}
