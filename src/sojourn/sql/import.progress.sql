SELECT rows, accepted, refused, is_done FROM imports FINAL WHERE site_id = {site_id:String} AND import_id = {import_id:String}
