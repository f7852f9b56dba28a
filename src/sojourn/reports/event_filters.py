"""The filters of events: a table like that of sessions, read by the same code."""

from collections.abc import Mapping

from sojourn.reports.filters import Filter

# What a condition says is the same in every row of a copy, but for `suppressed`: that is asked of its present state.
EVENT_FILTERS: tuple[Filter, ...] = (
    Filter("from", "instant", "occurred_at >= {value}", "occurred at or after (default: 30 days before now)"),
    Filter("to", "instant", "occurred_at < {value}", "occurred before (default: now)"),
    Filter("lead_id", "lead", "", "of this lead: lead_id, or the caller's own id, e-mail or visitor id"),
    Filter("session_id", "lead", "", "in this session"),
    Filter("type", "types", "type IN {value}", "of this type; repeat for any of several"),
    Filter("url", "lead", "position(url, {value}) > 0", "with this text in its URL"),
    Filter("suppressed", "lead", "", "true, false, or the reason"),
    Filter("passive", "boolean", "", "whether its type is a passive one"),
)
BY_NAME: Mapping[str, Filter] = {item.name: item for item in EVENT_FILTERS}
