-- `session.recompute` for leads that no identity fact concerns.
INSERT INTO sessions
WITH
{{session.windows}},
{{event.scoped}},
{{identity.direct}},
{{atom.in_windows}},
{{session.written}}
