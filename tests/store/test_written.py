"""A disk that runs full in the middle of an insert: what the engine did not write is not acknowledged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.site import Site
from sojourn.store import written
from sojourn.store.written import cut_off_tables
from tests.conftest import NOW
from tests.kit import send, to_events


# Each in a month of its own, so that its part is found and never merged.
@pytest.mark.parametrize(
    ("month", "name"), [("2023-01", "checksums.txt"), ("2023-02", "columns.txt"), ("2023-03", "data.bin")]
)
def test_no_event_is_acknowledged_while_a_part_on_a_full_disk_is_cut_off(
    app: Sojourn, new_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, month: str, name: str
) -> None:
    site = new_site()
    old = {"type": "click", "visitor_id": "v", "occurred_at": f"{month}-05T10:00:00Z", "event_id": f"old {name}"}
    send(app, site, [old])
    fresh = to_events(site, [{"type": "click", "visitor_id": "v", "occurred_at": NOW, "event_id": f"new {name}"}])
    ((folder,),) = app.engine.query(
        "SELECT path FROM system.parts WHERE table = 'events' AND active AND partition = {month:String}",
        {"month": month.replace("-", "")},
    )
    path = Path(folder) / name
    whole = path.read_bytes()
    monkeypatch.setattr(written, "REMEMBERED", 0.01)
    monkeypatch.setattr(written, "NEARLY_FULL", 1 << 62)
    app.insert(fresh)
    path.write_bytes(b"")
    try:
        with pytest.raises(Unavailable, match="none was acknowledged"):
            app.insert(fresh)
        with pytest.raises(Unavailable, match="none was acknowledged"):  # the statements of imports and passes
            app.engine.execute("INSERT INTO events SELECT * FROM events WHERE false")
        monkeypatch.setattr(written, "NEARLY_FULL", 0)
        while app.engine.is_in_doubt():
            pass
        app.insert(fresh)  # with room on the disk nobody looks
        assert cut_off_tables(app.engine) == {"events"}
    finally:
        path.write_bytes(whole)
    assert cut_off_tables(app.engine) == set()


def test_a_file_that_is_shorter_by_a_byte_is_found_in_parts_of_every_kind(
    app: Sojourn, new_site: Callable[..., Site]
) -> None:
    """Each column in a file of its own, too, and the files of a projection."""
    site = new_site()
    at = "2023-04-05T10:00:00Z"
    send(app, site, [{"type": "click", "visitor_id": f"v{n}", "occurred_at": at, "event_id": "e"} for n in range(50)])
    wide = "min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0"
    for table in ("events", "sessions"):
        app.engine.execute(f"ALTER TABLE {table} MODIFY SETTING {wide}")
        app.engine.execute(f"OPTIMIZE TABLE {table} PARTITION 202304 FINAL")
        app.engine.execute(f"ALTER TABLE {table} RESET SETTING {wide.replace(' = 0', '')}")
        assert cut_off_tables(app.engine) == set()
        ((folder, kind),) = app.engine.query(
            "SELECT path, part_type FROM system.parts WHERE table = {table:String} AND active AND partition = '202304'",
            {"table": table},
        )
        assert kind == "Wide"
        files = [path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size]
        assert len(files) > 50
        for path in files:
            if path.suffix in (".bin", ".cmrk4", ".cmrk2", ".idx", ".cidx", ".json"):
                whole = path.read_bytes()
                path.write_bytes(whole[:-1])
                assert cut_off_tables(app.engine) == {table}, path
                path.write_bytes(whole)
