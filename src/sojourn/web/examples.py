"""Examples in the OpenAPI document; tests send them through the real API."""

EVENT = {
    "type": "page_view",
    "event_id": "evt-1001",
    "occurred_at": "2026-04-29T10:14:32Z",
    "visitor_id": "9f2c",
    "lead": {"id": "ann-7", "email": "ann@example.com", "traits": {"name": "Ann Example"}},
    "url": "https://shop.example/collections/running?utm_source=newsletter",
}
SESSION = {
    "id": "sess_01KQCPTYE04X5AV0R4ENX4QM4E",
    "lead_id": "lead_2Y4ATJ3WEQZZ6Q1PCE9A9QHTGW",
    "lead": {"id": "lead_2Y4ATJ3WEQZZ6Q1PCE9A9QHTGW", "name": "Ann Example", "external_id": "ann-7"},
    "account_id": None,
    "started_at": "2026-04-29T10:14:32Z",
    "ended_at": "2026-04-29T10:28:07Z",
    "duration": 815,
    "is_open": False,
    "event_count": 8,
    "page_count": 6,
    "entry_point": "page_view",
    "exit_point": "page_view",
    "entry_url": "https://shop.example/collections/running?utm_source=newsletter",
    "exit_url": "https://shop.example/orders",
    "total_points": 35,
    "intent_score": 82,
    "intent": "high",
    "converted": True,
    "goals": ["purchase"],
    "revenue": 59.9,
    "currency": "EUR",
    "nudge_count": 0,
    "source": "newsletter",
    "medium": None,
    "campaign": None,
    "channel": "email",
    "referrer": None,
    "device": None,
    "browser": None,
    "os": None,
    "country": None,
    "updated_at": "2026-04-29T10:28:08.117Z",
}
SITE = {"id": "default", "name": "Default site", "session_timeout_ms": 1_800_000, "hosts": ["shop.example"]}
SEGMENT = {
    "id": "seg_2Y4ATJ3WEQZZ6Q1PCE9A9QHTGW",
    "name": "Asked for a demo",
    "filters": {"has_event": ["demo_request"], "min_points": 10},
    "created_at": "2026-04-29T10:14:32Z",
    "updated_at": "2026-04-29T10:14:32Z",
}
ERROR = {"error": "InvalidRequest", "message": "limit is '0'; allowed: 1 to 200."}
