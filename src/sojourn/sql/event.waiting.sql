-- What an earlier process committed and no pass has recorded as done: the first commit, how many, and their events.
SELECT min(commit_id), uniqExact(commit_id), count()
FROM events
WHERE commit_id > {after:UInt64}
