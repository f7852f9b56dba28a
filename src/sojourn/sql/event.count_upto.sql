-- How many events there are of the commits up to one. A decision made since has brought its events' rows to its own
-- commit, so they are known by that.
SELECT count() FROM events FINAL
WHERE (commit_id <= {upto:UInt64} OR decided > {upto:UInt64}) AND is_superseded = 0
