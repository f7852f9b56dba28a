-- Everything of sites that are removed.
DELETE FROM /* table */ WHERE site_id IN {ids:Array(String)}
