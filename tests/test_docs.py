"""The docs cannot rot: whatever the program has a table of is documented, and every link leads somewhere."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sojourn.cli import app
from sojourn.errors import ERRORS
from sojourn.model.event import TYPE_ALIASES
from sojourn.model.intent import DECISIVE_TYPES, HIGH_TYPES, INTENT_VERSION, UNSUBSCRIBE_TYPES
from sojourn.model.refusal import EXPLAINED, Reason
from sojourn.model.site import CHANGEABLE, DEFAULT_PASSIVE_TYPES
from sojourn.reports.filters import FILTERS
from sojourn.settings import SETTINGS, Setting
from sojourn.web.metrics import METRICS, Metric
from sojourn.web.openapi import EVENT_FIELDS, SESSION_FIELDS, document

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NOT_OUR_WORDS = re.compile(r"\b(?:hits?|visits?|users?|tracking)\b", re.IGNORECASE)


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def section(name: str, heading: str) -> str:
    """The text of a page from a heading to the next one."""
    match = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", page(name), re.DOTALL | re.MULTILINE)
    assert match, f"{name} has no heading {heading!r}"
    return match[2]


def row(text: str, name: str) -> str:
    """The table row whose first cell names it."""
    for line in text.splitlines():
        if line.startswith("| ") and f"`{name}`" in line.split(" | ")[0]:
            return line
    raise AssertionError(f"{name} has no row in a table of the docs")


def commands() -> Iterator[str]:
    root = get_command(app)
    for name, command in sorted(root.commands.items()):  # type: ignore[attr-defined]
        yield name
        yield from (f"{name} {below}" for below in sorted(getattr(command, "commands", {})))


COMMANDS = list(commands())


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: Setting) -> None:
    line = row(page("docs/settings.md"), setting.name)
    assert f"`{setting.variable}`" in line
    assert setting.help in line
    assert f"`{setting.default}`" in line or not setting.default


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_options(command: str) -> None:
    text = section("docs/cli.md", f"sojourn {command}")
    below = get_command(app)
    for name in command.split():
        below = below.commands[name]  # type: ignore[attr-defined]
    options = [names for parameter in below.params if (names := {name for name in parameter.opts if name[:2] == "--"})]
    told = set(re.findall(r"`(--[a-z-]+)`", text)) | {"--help"}
    assert [names for names in options if not names & told] == []  # an option by one of its names


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(command: str) -> None:
    answer = CliRunner().invoke(app, [*command.split(), "--help"])
    assert answer.exit_code == 0
    if command not in ("cluster", "keys", "leads", "logins", "sites"):
        assert "Example:" in answer.output
        assert "sojourn" in answer.output.partition("Example:")[2]


def test_every_error_code_is_documented() -> None:
    text = section("docs/api.md", "Errors")
    documented = set(re.findall(r"^\| (\d+) \| `(\w+)`", text, re.MULTILINE))
    assert {(str(error.status), error.code) for error in ERRORS} <= documented


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_reason_is_documented(reason: Reason) -> None:
    line = row(section("docs/api.md", "Refusals"), reason.value)
    assert EXPLAINED[reason] in line


@pytest.mark.parametrize("name", [item.name for item in FILTERS] + ["limit", "cursor"])
def test_every_filter_is_documented(name: str) -> None:
    row(section("docs/api.md", "List sessions"), name)


@pytest.mark.parametrize("name", [item.name for item in FILTERS])
def test_every_filter_of_the_command_is_documented(name: str) -> None:
    row(section("docs/cli.md", "sojourn sessions"), f"--{name.replace('_', '-')}")


@pytest.mark.parametrize("path", sorted(document()["paths"]))
def test_every_route_is_documented(path: str) -> None:
    for method in document()["paths"][path]:
        assert f"| `{method.upper()} {path}` |" in page("docs/api.md")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_documented(metric: Metric) -> None:
    line = row(section("docs/operations.md", "Metrics"), metric.name)
    kind = "counter" if metric.counter else "gauge" if metric.gauge else "histogram"
    assert f"| {kind} | {', '.join(f'`{label}`' for label in metric.labels)} |".replace("|  |", "| |") in line


@pytest.mark.parametrize("alert", re.findall(r"- alert: (\w+)", page("deploy/alerts.yml")))
def test_every_alert_is_documented(alert: str) -> None:
    assert f"`{alert}`" in section("docs/operations.md", "Alerts")


@pytest.mark.parametrize("name", SESSION_FIELDS)
def test_every_field_of_a_session_is_documented(name: str) -> None:
    row(section("docs/api.md", "The fields of a session"), name)


@pytest.mark.parametrize("name", EVENT_FIELDS)
def test_every_field_of_an_event_is_documented(name: str) -> None:
    row(section("docs/api.md", "Events"), name)


@pytest.mark.parametrize("name", CHANGEABLE)
def test_every_field_of_a_site_is_documented(name: str) -> None:
    row(section("docs/api.md", "Site"), name)


@pytest.mark.parametrize("alias", TYPE_ALIASES)
def test_every_alias_of_a_type_is_documented(alias: str) -> None:
    line = row(section("docs/api.md", "Event types"), TYPE_ALIASES[alias])
    assert f"`{alias}`" in line.partition(" | ")[2]


def test_what_makes_intent_is_documented() -> None:
    text = section("docs/api.md", "Intent")
    assert f"intent/{INTENT_VERSION}" in text
    types = (*HIGH_TYPES, *DECISIVE_TYPES, *UNSUBSCRIBE_TYPES)
    assert [name for name in types if f"`{name}`" not in text] == []
    assert [name for name in DEFAULT_PASSIVE_TYPES if f"`{name}`" not in section("docs/api.md", "Site")] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", path.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        found = path.parent / target if target else path
        assert found.exists(), f"{path.name} leads to {target}, which is not there"
        assert not anchor or anchor in anchors(found), f"{path.name} leads to {target}#{anchor}, which is not there"


def anchors(path: Path) -> set[str]:
    """The anchors that a heading has on the usual hosts of repositories."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_docs_use_our_words(path: Path) -> None:
    assert NOT_OUR_WORDS.findall(path.read_text(encoding="utf-8")) == []


def test_every_page_is_found_from_the_readme() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", page("README.md")))
    assert {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md")} <= linked


def test_decisions_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in ROOT.glob("docs/decisions/*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
