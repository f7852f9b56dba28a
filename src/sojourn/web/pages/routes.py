"""Every page, and the one address that the API and the pages share."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sojourn.web.pages.audit_log import AuditLog
from sojourn.web.pages.demo import DemoPages
from sojourn.web.pages.entry import Entrance
from sojourn.web.pages.events import EventListPages
from sojourn.web.pages.frame import Frame, static_file
from sojourn.web.pages.help import Help
from sojourn.web.pages.journey import JourneyPages
from sojourn.web.pages.keys import KeyPages
from sojourn.web.pages.leads import LeadCards
from sojourn.web.pages.own_login import OwnLogin
from sojourn.web.pages.people import People
from sojourn.web.pages.sessions import SessionPages
from sojourn.web.pages.settings import SettingPages
from sojourn.web.pages.start import Start

Responder = Callable[[Request], Awaitable[Response]]


def page_routes(frame: Frame, list_sessions: Responder) -> list[Route]:
    """`list_sessions` answers at /sessions for a client that sends a key or asks for JSON."""
    sessions = SessionPages(frame)
    shared = either(frame.route("/sessions", sessions.list).endpoint, list_sessions)
    return [
        Route("/sessions", shared),
        Route("/static/{name}", static_file),
        *Entrance(frame).routes(),
        *sessions.routes(),
        *JourneyPages(frame).routes(),
        *EventListPages(frame).routes(),
        *LeadCards(frame).routes(),
        *SettingPages(frame).routes(),
        *KeyPages(frame).routes(),
        *People(frame).routes(),
        *OwnLogin(frame).routes(),
        *AuditLog(frame).routes(),
        *Start(frame).routes(),
        *Help(frame).routes(),
        *DemoPages(frame).routes(),
    ]


def either(page: Responder, api: Responder) -> Responder:
    async def respond(request: Request) -> Response:
        return await (page if wants_page(request) else api)(request)

    return respond


def wants_page(request: Request) -> bool:
    """A browser: it asks for HTML first and sends no key."""
    return "text/html" in request.headers.get("accept", "") and "authorization" not in request.headers
