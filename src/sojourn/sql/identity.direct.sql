-- Whose event it is where no identity fact concerns the senders: the strongest identifier that the event names.
-- Stands for `identity.resolved`, and gives what it would.
resolved AS
(
    SELECT *, multiIf(external_id != '', concat('i:', external_id), email != '', concat('e:', email), sender) AS lead
    FROM scoped_events
)
