SELECT done, is_synced FROM progress FINAL WHERE worker = {worker:String}
