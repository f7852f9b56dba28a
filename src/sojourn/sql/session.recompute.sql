-- The sessions of the touched leads in their windows, computed anew. Written are those that changed, and a tombstone
-- for each that is no more.
INSERT INTO sessions
WITH
{{session.windows}},
{{event.scoped}},
{{link.scoped}},
{{identity.resolved}},
{{atom.in_windows}},
{{session.written}}
