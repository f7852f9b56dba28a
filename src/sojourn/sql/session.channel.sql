-- By which channel a session came: `model/channel.py`, which holds the patterns and says what they mean.
multiIf(
    source = '' AND medium = '' AND campaign = '' AND referrer = '',
        if(startsWith(entry_point, 'email_'), 'email', 'direct'),
    match(lower(medium), {paid_media:String}),
        multiIf(
            match(site, {search_sites:String}) OR position(lower(medium), 'search') > 0, 'paid_search',
            match(site, {social_sites:String}) OR position(lower(medium), 'social') > 0, 'paid_social',
            'paid_other'),
    match(lower(medium), {email_media:String}) OR match(lower(source), {email_media:String})
        OR startsWith(entry_point, 'email_') OR (medium = '' AND match(site, {email_sites:String})), 'email',
    match(lower(medium), {affiliate_media:String}), 'affiliate',
    match(lower(medium), {display_media:String}), 'display',
    match(lower(medium), {message_media:String}), 'message',
    match(lower(medium), {social_media:String}) OR (medium = '' AND match(site, {social_sites:String})), 'organic_social',
    match(lower(medium), {organic_media:String}) OR (medium = '' AND match(site, {search_sites:String})), 'organic_search',
    match(lower(medium), {referral_media:String}) OR (medium = '' AND source = '' AND linked_from != ''), 'referral',
    medium != '' OR source != '' OR campaign != '', 'other',
    'direct')
