SELECT shift_ms FROM import_shifts FINAL WHERE site_id = {site_id:String} AND import_id = {import_id:String}
