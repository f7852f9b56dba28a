"""A part that a full disk cut off: the running server puts it aside, and nothing else is lost with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.site import Site
from sojourn.pipeline import healing as healing_module
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
def healing(app: Sojourn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Healing]:
    monkeypatch.setattr(written, "NEARLY_FULL", 1 << 62)
    monkeypatch.setattr(healing_module, "LOOK_AGAIN", 0.0)
    yield Healing(app.engine, app.commits)
    monkeypatch.undo()
    app.engine._room = written.Room(app.engine._room._folder)  # type: ignore[attr-defined]


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
    assert not healing.work(), "all is well"


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


def test_it_looks_after_a_statement_that_failed_and_now_and_then(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = new_site()
    send(app, site, [visit("a", "2022-05")])
    healing = Healing(app.engine, app.commits)
    cut_off(newest_part(app, "2022-05"))
    assert not healing.work(), "nothing is known"
    monkeypatch.setattr(healing_module, "LOOK_AGAIN", 0.0)
    with pytest.raises(Unavailable):
        app.engine.query("SELECT no_such_column FROM events")
    assert healing.work()
    monkeypatch.setattr(healing_module, "LOOK_EVERY", 0.0)
    send(app, site, [visit("a", "2022-05")])
    cut_off(newest_part(app, "2022-05"))
    assert healing.work()


def test_a_table_that_could_not_be_attached_is_tried_again(
    app: Sojourn, healing: Healing, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.engine.execute("DETACH TABLE slices SYNC")
    healing._cut_off.add("slices")
    assert healing.work()
    assert app.engine.query("SELECT count() >= 0 FROM slices") == [(1,)]
