-- Every table that holds something of sites, but for the versions of the sites themselves.
SELECT table FROM system.columns
WHERE database = currentDatabase() AND name = 'site_id' AND table != 'sites'
ORDER BY table
