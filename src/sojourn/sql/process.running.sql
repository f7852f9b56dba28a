-- How many statements of other processes run on any node.
SELECT count() FROM system.processes WHERE has({tokens:Array(String)}, Settings['log_comment'])
