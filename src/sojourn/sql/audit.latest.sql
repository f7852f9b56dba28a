-- What was changed on a site, the newest first.
SELECT at, actor, toString(action), detail, version FROM audit
WHERE site_id = {site_id:String}
    AND ({before:UInt64} = 0 OR version < {before:UInt64})
    -- Keys and people are for owners.
    AND ({is_whole:UInt8} OR NOT match(toString(action), '^(key|login|owner)_'))
ORDER BY version DESC
LIMIT {most:UInt32}
