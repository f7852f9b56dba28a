"""The settings of a site: shown to all who may see it, changed by owners; what touches the past is asked first."""

from collections.abc import Callable
from zoneinfo import available_timezones

from starlette.responses import Response
from starlette.routing import Route

from sojourn.errors import SojournError
from sojourn.model.site import PLANS, Site, changed, differences, oldest_kept
from sojourn.web.pages.asked import Asked, one_of
from sojourn.web.pages.audit_log import note
from sojourn.web.pages.frame import Frame, see_other
from sojourn.web.pages.site_forms import ASKED_FIRST, PATCHES
from sojourn.web.pages.site_texts import LABELS, UNITS, amount_of, change_lines, kept_text, timeout_text, value_text

DONE = {
    "site": "The site is saved.",
    "timeout": "The timeout is changed.",
    "retention": "Plan and retention are changed.",
    "conversions": "The conversion events are changed.",
    "passive": "The passive types are changed.",
    "goals": "The goal is saved.",
    "goals/remove": "The goal is removed.",
}


class SettingPages:
    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sojourn = frame.sojourn

    def routes(self) -> list[Route]:
        return [
            self._frame.route("/settings", self.show),
            self._frame.route("/settings/building", self.building),
            self._frame.route("/settings/what-if", self.what_if, is_for_owners=True),
            *(self._frame.action(f"/settings/{name}", self._change(name)) for name in PATCHES),
        ]

    def show(self, asked: Asked) -> Response:
        return self._page(asked, done=DONE.get(dict(asked.pairs).get("done", ""), ""))

    def building(self, asked: Asked) -> Response:
        """How far the sessions are built anew: asked again and again until they are."""
        building = self._sojourn.describe_site(asked.site_id)["building"]
        return self._frame.rendered("_building.html", asked, building=building, coming=self._coming(asked))

    def what_if(self, asked: Asked) -> Response:
        """What a change would do to the sessions that exist, and the form that does it."""
        given = dict(asked.pairs)
        wanted = self._wanted(asked)
        try:
            name = one_of("what", given.get("what", ""), tuple(ASKED_FIRST))
            patch = PATCHES[name](lambda field: given.get(field, ""), wanted)
            target = changed(wanted, patch)
            effect = self._sojourn.dry_run(asked.site_id, patch)
        except SojournError as error:
            return self._page(asked, error=error, typed=given)
        now_ms = self._sojourn.now_ms()
        return self._frame.rendered(
            "what_if.html",
            asked,
            name=name,
            fields=[(field, given.get(field, "")) for field in ASKED_FIRST[name]],
            changes=change_lines(differences(wanted, target)),
            effect=effect,
            present=asked.site,
            target=target,
            is_smaller=oldest_kept(target, now_ms) > oldest_kept(asked.site, now_ms),
            timeout_text=timeout_text,
            kept_text=kept_text,
        )

    def _change(self, name: str) -> Callable[[Asked], Response]:
        def change(asked: Asked) -> Response:
            try:
                before = self._wanted(asked)
                after, _ = self._sojourn.change_site(asked.site_id, PATCHES[name](asked.field, before))
            except SojournError as error:
                typed = {field: asked.field(field) for field in asked.form}
                return self._page(asked, error=error, typed=typed)
            if changes := differences(before, after):
                note(self._sojourn, asked, "site_changed", changes)
            return see_other(asked.address("/settings", [("done", name)]))

        return change

    def _wanted(self, asked: Asked) -> Site:
        """The site as it is, or will be when what is being built is ready."""
        definition = self._sojourn.sites.definition(asked.site_id)
        return definition.building or definition.present

    def _coming(self, asked: Asked) -> list[tuple[str, str]]:
        """What changes when the build under way is ready."""
        return change_lines(differences(self._sojourn.sites[asked.site_id], self._wanted(asked)))

    def _page(
        self, asked: Asked, done: str = "", error: SojournError | None = None, typed: dict[str, str] | None = None
    ) -> Response:
        described = self._sojourn.describe_site(asked.site_id)
        site = self._wanted(asked)
        return self._frame.rendered(
            "settings.html",
            asked,
            error.status if error else 200,
            site=site,
            building=described["building"],
            outlook=described["retention"],
            zones=zones(site.time_zone),
            plans=PLANS,
            units=UNITS,
            amount=amount_of(site.session_timeout_ms),
            typed=typed or {},
            done=done,
            problem=error.message if error else "",
            labels=LABELS,
            timeout_text=timeout_text,
            kept_text=kept_text,
            value_text=value_text,
            coming=self._coming(asked),
        )


def zones(present: str) -> list[str]:
    """Those that people know their own by, and the present one."""
    usual = {name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))}
    return sorted(usual | {"UTC", present})
