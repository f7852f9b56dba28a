"""The routes of the API but for sending events."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.app import Sojourn
from sojourn.errors import InvalidRequest
from sojourn.model.instant import iso
from sojourn.model.site import differences
from sojourn.pipeline.audit import MACHINE, Entry
from sojourn.pipeline.keys import Access
from sojourn.reports import cursor as cursors
from sojourn.reports import filters as filter_table
from sojourn.reports.changes import SINCE
from sojourn.reports.export import MAX_EXPORT, texts_of
from sojourn.reports.filters import DEFAULT_LIMIT, MAX_LIMIT
from sojourn.reports.sessions import Question
from sojourn.web import exporting
from sojourn.web.answers import json_answer
from sojourn.web.keyed import Answerer, allow_only, keyed
from sojourn.web.openapi import document

MAX_DECISIONS = 10_000


class Api:
    """Each route checks the key, then asks the app in a thread: nothing blocks the loop."""

    def __init__(self, sojourn: Sojourn, *, is_local: bool) -> None:
        self._sojourn = sojourn
        self._is_local = is_local

    def routes(self) -> list[Route]:
        return [
            Route("/v1/sessions", self._keyed(self.list_sessions)),
            Route("/sessions", self._keyed(self.list_sessions)),
            Route("/v1/sessions/{id}", self._keyed(self.get_session)),
            Route("/v1/site", self._keyed(self.get_site)),
            Route("/v1/site", self._keyed(self.patch_site), methods=["PATCH"]),
            Route("/v1/suppressions", self._keyed(self.suppress), methods=["POST"]),
            Route("/v1/conflicts", self._keyed(self.list_conflicts)),
            Route("/v1/refusals", self._keyed(self.list_refusals)),
            Route("/openapi.json", self.openapi),
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
        ]

    def _keyed(self, answer: Answerer) -> Callable[[Request], Awaitable[Response]]:
        return keyed(self._sojourn, answer, is_local=self._is_local)

    def list_sessions(self, access: Access, request: Request) -> Any:
        form = exporting.format_of(request)
        pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "format"]
        if form != exporting.JSON:
            return self._export(access, form, pairs)
        question, lead = question_of(pairs)
        # Asked before the rows are: what is stamped later may be among them, and comes again.
        synced_until = self._sojourn.synced_until(access.site_id)
        page = self._sojourn.page(access.site_id, question, lead)
        answer = {"data": page.data, "next_cursor": page.next_cursor, "has_more": page.has_more}
        return answer | ({"synced_until": iso(synced_until)} if SINCE in question.filters else {})

    def _export(self, access: Access, form: str, pairs: list[tuple[str, str]]) -> Response:
        """The whole list as a file, or with a limit so many rows of it and the cursor of what follows."""
        question, lead = question_of(pairs, MAX_EXPORT)
        if SINCE in question.filters or (question.after is not None and question.after.direction == "after"):
            raise InvalidRequest("updated_since and paging back are for JSON alone.")
        if "limit" not in dict(pairs):
            tables = self._sojourn.lists.export(access.site_id, question, lead, None)
            return exporting.streamed(tables, form, "sessions", texts_of)
        page, following = self._sojourn.lists.export_page(access.site_id, question, lead)
        return exporting.whole(page, form, texts_of, following)

    def get_session(self, access: Access, request: Request) -> Any:
        allow_only(request, {"events_cursor"})
        place = request.query_params.get("events_cursor")
        return {"data": self._sojourn.journey(access.site_id, request.path_params["id"], place)}

    def get_site(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": self._sojourn.describe_site(access.site_id)}

    def patch_site(self, access: Access, request: Request) -> Any:
        allow_only(request, {"dry_run"})
        patch = object_of(request.state.body)
        if filter_table.boolean("dry_run", request.query_params.get("dry_run", "false")):
            return {"data": self._sojourn.dry_run(access.site_id, patch)}
        before = self._sojourn.sites.definition(access.site_id)
        after, is_building = self._sojourn.change_site(access.site_id, patch)
        if changes := differences(before.building or before.present, after):
            actor = f"key {access.key_id}" if access.key_id else MACHINE
            entry = Entry(self._sojourn.now_ms(), actor, "site_changed", changes)
            self._sojourn.audit.note(access.site_id, entry)
        return json_answer({"data": self._sojourn.describe_site(access.site_id)}, 202 if is_building else 200)

    def suppress(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        decision = decision_of(object_of(request.state.body))
        count = self._sojourn.decide(access.site_id, decision.event_ids, decision.reason or "")
        return json_answer({"data": {"event_count": count, "reason": decision.reason}}, 202)

    def list_conflicts(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": self._sojourn.conflicts(access.site_id)}

    def list_refusals(self, access: Access, request: Request) -> Any:
        allow_only(request, set())
        return {"data": self._sojourn.refusals.totals(access.site_id)}

    async def openapi(self, _request: Request) -> Response:
        return json_answer(document())

    async def healthz(self, _request: Request) -> Response:
        return json_answer({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        await anyio.to_thread.run_sync(self._sojourn.check_ready)
        is_low = self._sojourn.disk is not None and self._sojourn.disk.is_low
        return json_answer({"status": "ready"} | ({"disk": "low"} if is_low else {}))


def question_of(pairs: list[tuple[str, str]], most: int = MAX_LIMIT) -> tuple[Question, str | None]:
    """What a list is asked by query parameters, and whose sessions. Raises InvalidRequest."""
    single, limit, filters = parameters_of(pairs, filter_table.BY_NAME, most)
    if "cursor" not in single:
        return Question(filters, limit), filters.get("lead_id")
    cursor = cursors.decode(single["cursor"])
    carried = cursor.filters or {}
    check_own(filters, carried)
    return Question(carried, limit, cursor), carried.get("lead_id")


def parameters_of(
    pairs: list[tuple[str, str]], table: Mapping[str, filter_table.Filter], most: int = MAX_LIMIT
) -> tuple[dict[str, str], int, dict[str, Any]]:
    """Query parameters by name, the limit, and the filters. Raises InvalidRequest for what the list does not take."""
    names = [name for name, _ in pairs]
    for name in names:
        if name not in table and name not in ("limit", "cursor"):
            raise InvalidRequest(
                f"{name[:60]} is no parameter here; allowed: {', '.join([*table, 'limit', 'cursor'])}."
            )
    single = dict(pairs)
    for name in ("limit", "cursor"):
        if names.count(name) > 1:
            raise InvalidRequest(f"{name} is given {names.count(name)} times; allowed is once.")
    limit = filter_table.integer("limit", single.get("limit", str(DEFAULT_LIMIT)), 1, most)
    return single, limit, filter_table.parse(pairs, table)


def check_own(filters: Mapping[str, Any], carried: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for filters beside a cursor that are not its own."""
    for name, value in filters.items():
        if carried.get(name) != value:
            raise InvalidRequest(
                f"{name} is another than the cursor's; send the cursor alone, or with its own filters."
            )


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """To suppress events for a reason, or to release them: reason null."""

    event_ids: list[str]
    reason: str | None = None


def decision_of(body: dict[str, Any]) -> Decision:
    try:
        decision = msgspec.convert(body, Decision)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f'The body does not fit {{"event_ids": [...], "reason": "…" or null}}: {error}.') from None
    if not 0 < len(decision.event_ids) <= MAX_DECISIONS or any("\0" in text for text in decision.event_ids):
        raise InvalidRequest(f"event_ids has {len(decision.event_ids)} ids; allowed are 1 to {MAX_DECISIONS:,}.")
    if decision.reason is not None and not 0 < len(decision.reason) <= 100:
        raise InvalidRequest("reason is empty or too long; allowed are 1 to 100 characters, or null to release.")
    return decision


def object_of(body: bytes) -> dict[str, Any]:
    """Raises InvalidRequest for anything but a JSON object."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is no JSON object: {error}.") from None
