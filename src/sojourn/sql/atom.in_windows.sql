-- The events of `resolved` that lie in their lead's window, as atoms, combined.
active_events AS
(
    SELECT r.* FROM resolved AS r
    INNER JOIN windows AS w ON r.lead = w.lead
    WHERE r.occurred_at >= w.from_ms AND r.occurred_at <= w.to_ms
),
atoms AS ( {{atom.of_events}} ),
combined AS ( {{atom.combined}} )
