-- How many statements of another process run on any node.
SELECT count() FROM system.processes WHERE Settings['log_comment'] = {token:String}
