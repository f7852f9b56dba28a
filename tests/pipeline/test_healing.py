"""A part that a full disk cut off: the running server puts it aside, and nothing else is lost with it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.model.site import Site
from sojourn.pipeline.healing import Healing
from sojourn.store import written
from tests.kit import send


def visit(name: str, month: str) -> dict[str, object]:
    return {"type": "click", "visitor_id": "v", "occurred_at": f"{month}-05T10:00:00Z", "event_id": name}


def newest_part(app: Sojourn, month: str) -> Path:
    ((folder,),) = app.engine.query(
        "SELECT path FROM system.parts WHERE table = 'events' AND active AND partition = {month:String}",
        {"month": month.replace("-", "")},
    )
    return Path(folder)


def cut_off(part: Path, *names: str) -> None:
    for name in names or ("data.bin", "data.cmrk4"):
        (part / name).write_bytes(b"")


def ids(app: Sojourn, site: Site) -> list[str]:
    rows = app.engine.query(
        "SELECT event_id FROM events FINAL WHERE site_id = {site_id:String} ORDER BY event_id", {"site_id": site.id}
    )
    return [name for (name,) in rows]


@pytest.fixture
def healing(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> Healing:
    monkeypatch.setattr(written, "NEARLY_FULL", 1 << 62)
    return Healing(app.engine, app.commits)


def test_what_a_merge_cut_off_is_as_it_was_before_the_merge(
    app: Sojourn, new_site: Callable[..., Site], healing: Healing
) -> None:
    site = new_site()
    for name in ("a", "b"):
        send(app, site, [visit(name, "2022-01")])
    app.engine.execute("OPTIMIZE TABLE events PARTITION 202201 FINAL")
    cut_off(newest_part(app, "2022-01"))
    assert healing.work()
    assert ids(app, site) == ["a", "b"]
    assert not healing.work(), "it looked a moment ago"


def test_a_column_in_a_file_of_its_own_is_found_too(
    app: Sojourn, new_site: Callable[..., Site], healing: Healing
) -> None:
    site = new_site()
    for name in ("a", "b"):
        send(app, site, [visit(name, "2022-04")])
    app.engine.execute("ALTER TABLE events MODIFY SETTING min_bytes_for_wide_part = 0")
    app.engine.execute("OPTIMIZE TABLE events PARTITION 202204 FINAL")
    app.engine.execute("ALTER TABLE events RESET SETTING min_bytes_for_wide_part")
    cut_off(newest_part(app, "2022-04"), "event_id.bin")
    assert healing.work()
    assert ids(app, site) == ["a", "b"]


def test_what_an_insert_cut_off_is_put_aside_alone(
    app: Sojourn, new_site: Callable[..., Site], healing: Healing, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    send(app, site, [visit("stays", "2022-02")])
    send(app, site, [visit("goes", "2022-03")])
    cut_off(newest_part(app, "2022-03"))
    assert healing.work()
    assert ids(app, site) == ["stays"]
    send(app, site, [visit("goes", "2022-03")])
    assert ids(app, site) == ["goes", "stays"]
    monkeypatch.setattr(written, "NEARLY_FULL", 0)
    assert not healing.work(), "once more after it"
    assert not healing.work()
