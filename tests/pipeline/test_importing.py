"""Files into a site: by columns and by rows the same, resumable, in bounded memory, and nothing twice."""

import gzip
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sojourn.adapters import columns, files, ordinals
from sojourn.adapters.mapping import Mapper, parse_map
from sojourn.app import Sojourn
from sojourn.errors import Unavailable
from sojourn.model.event import COLUMNS
from sojourn.model.site import Site
from sojourn.pipeline import importing
from sojourn.pipeline.importing import Plan, Tally
from tests.conftest import NOW
from tests.kit import listed

EVERYTHING: dict[str, list[Any]] = {
    "visitor": ["v1", "v2", "v3", None, "", "v" * 600, "nul\0"],
    "lead": [None, None, "i1", "i2", ""],
    "email": [None, None, " Ann@X.example ", "e@x.example", "no address", "a b@x.example"],
    "phone": [None, "+49 30 123", " 1 "],
    "name": [None, " Ann ", "n" * 300],
    "account": [None, "acme", ""],
    "time": [None, "2026-01-01T10:00:00Z", "2026-01-01 10:00:00.1239", "1777000000000", "2999-01-01", "2026-01-02"],
    "type": ["Page View", "pageview", "purchase", "", None, "???", "CART_ADD"],
    "url": [None, "", "https://X.example/a/?utm_source=n&utm_campaign=c", "/b", "https://x.example", "u" * 8001],
    "title": [None, "T", "t" * 2001],
    "referrer": [None, "https://g.example/"],
    "value": [None, 1.5, -0.0, 1e16, float("nan"), 3.0],
    "currency": [None, "eur", " USD ", "EURO"],
    "points": [None, 5, -7, 2_000_000],
    "source": [None, "s" * 300, "news"],
    "medium": [None, "mail"],
    "campaign": [None, "spring"],
    "device": [None, "mobile", "d" * 150],
    "country": [None, "DE"],
    "id": [None, "", "e1", "e2", "e" * 129],
    "extra": [None, "x", "y"],
}
MAP = ",".join(f"{name}=c_{name}" for name in EVERYTHING if name != "extra")


def table_of(chance: random.Random, rows: int, names: list[str], clean: float) -> pa.Table:
    """Rows of which most are plain, so that both ways of a batch have work."""

    def draw(name: str) -> Any:
        values = EVERYTHING[name]
        return values[chance.randrange(len(values))] if chance.random() > clean else values[min(2, len(values) - 1)]

    return pa.table({f"c_{name}": [draw(name) for _ in range(rows)] for name in names})


def imported(app: Sojourn, site: Site, path: Path, mapping: str, **flags: Any) -> Tally:
    plan = Plan(str(path), parse_map(mapping), **flags)
    ((_, tally),) = app.import_files(site.id, plan, lambda _path, _tally: None)
    app.work_off()
    return tally


def stored(app: Sojourn, site: Site) -> list[tuple[Any, ...]]:
    named = ", ".join(name for name in COLUMNS if name not in ("site_id", "bucket", "commit_id"))
    text = f"SELECT {named} FROM events FINAL WHERE site_id = {{site_id:String}} ORDER BY sender, occurred_at, event_id, content"
    return app.engine.query(text, {"site_id": site.id})


def times(app: Sojourn, site: Site) -> list[tuple[Any, ...]]:
    """When each event occurred, by every copy that is stored of it."""
    text = "SELECT DISTINCT occurred_at FROM events WHERE site_id = {site_id:String} ORDER BY occurred_at"
    return app.engine.query(text, {"site_id": site.id})


def packed(path: Path) -> Path:
    """The same file, so that it is read by rows."""
    out = path.with_name(path.name + ".gz")
    out.write_bytes(gzip.compress(path.read_bytes()))
    return out


@pytest.mark.parametrize("seed", range(12))
def test_by_columns_and_by_rows_the_events_are_the_same(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    names = [name for name in EVERYTHING if name in ("visitor", "time") or chance.random() < 0.7]
    path = tmp_path / "events.parquet"
    pq.write_table(table_of(chance, 120, names, [0.0, 0.7, 0.95][seed % 3]), path)
    mapping = ",".join(f"{name}=c_{name}" for name in names if name != "extra")
    one, other = new_site(), new_site()
    by_columns, by_rows = imported(app, one, path, mapping), imported(app, other, packed(path), mapping)
    assert stored(app, one) == stored(app, other)
    assert (by_columns.rows, by_columns.accepted, by_columns.refused) == (
        by_rows.rows,
        by_rows.accepted,
        by_rows.refused,
    )
    assert sorted(refusal[1:] for refusal in by_columns.refusals) == sorted(refusal[1:] for refusal in by_rows.refusals)
    assert by_columns.accepted + by_columns.refused == by_columns.rows == 120


def timed(rows: int, step_ms: int = 1000) -> pa.Table:
    at = [datetime.fromtimestamp((1_777_000_000_000 + n * step_ms) / 1000, UTC) for n in range(rows)]
    return pa.table(
        {"c_visitor": [f"v{n % 7}" for n in range(rows)], "c_time": pa.array(at, pa.timestamp("ms", "UTC"))}
    )


def end_after(rows: int) -> Callable[[Path, Tally], None]:
    """Cuts an import off once so many rows are recorded."""

    def on_progress(_path: Path, tally: Tally) -> None:
        if tally.rows >= rows:
            raise Unavailable("ended")

    return on_progress


def test_a_cut_off_import_goes_on_where_it_was(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "TABLE_ROWS", 100)
    path, site = tmp_path / "events.parquet", new_site()
    pq.write_table(timed(1000), path)
    plan = Plan(str(path), parse_map("visitor=c_visitor,time=c_time"))

    with pytest.raises(Unavailable):
        app.import_files(site.id, plan, end_after(400))
    ((_, tally),) = app.import_files(site.id, plan, lambda _path, _tally: None)
    app.work_off()
    assert (tally.resumed, tally.rows, tally.accepted) == (400, 1000, 1000)
    assert sum(row["event_count"] for row in listed(app, site)) == 1000
    again = imported(app, site, path, "visitor=c_visitor,time=c_time")
    assert (again.accepted, again.duplicates) == (0, 1000)
    forced = imported(app, site, path, "visitor=c_visitor,time=c_time", is_again=True)
    assert forced.accepted == 1000
    assert sum(row["event_count"] for row in listed(app, site)) == 1000


@pytest.mark.parametrize("is_columnar", [True, False])
def test_a_cut_off_import_counts_what_is_refused_once(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_columnar: bool
) -> None:
    monkeypatch.setattr(files, "TABLE_ROWS", 100)
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 100)
    path, site = tmp_path / "events.parquet", new_site()
    table = timed(1000)
    nameless = pa.array(["" if n % 10 == 0 else f"v{n % 7}" for n in range(1000)])
    pq.write_table(table.set_column(0, "c_visitor", nameless), path)
    plan = Plan(str(path if is_columnar else packed(path)), parse_map("visitor=c_visitor,time=c_time"))
    with pytest.raises(Unavailable):
        app.import_files(site.id, plan, end_after(400))
    ((_, tally),) = app.import_files(site.id, plan, lambda _path, _tally: None)
    assert (tally.resumed, tally.accepted, tally.refused) == (400, 900, 100)


@pytest.mark.parametrize("is_columnar", [True, False])
def test_a_cut_off_import_that_moves_its_events_goes_on_moving_them_as_far(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_columnar: bool
) -> None:
    monkeypatch.setattr(files, "TABLE_ROWS", 100)
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", 100)
    path, site = tmp_path / "events.parquet", new_site()
    pq.write_table(timed(600), path)
    read = path if is_columnar else packed(path)
    plan = Plan(str(read), parse_map("visitor=c_visitor,time=c_time"), is_shifted=True)
    with pytest.raises(Unavailable):
        app.imports.run(site, site.id, plan, NOW, end_after(200))
    app.imports.run(site, site.id, plan, NOW + 3_600_000, lambda _path, _tally: None)
    assert [row[0] for row in times(app, site)] == [NOW - n * 1000 for n in range(600)][::-1]
    again = msgspec.structs.replace(plan, is_again=True)
    app.imports.run(site, site.id, again, NOW + 7_200_000, lambda _path, _tally: None)
    assert times(app, site)[-1] == (NOW + 7_200_000,)


def test_odd_lines_of_a_csv_are_refused_and_the_rest_is_imported(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path
) -> None:
    path, site = tmp_path / "odd.csv", new_site()
    at = b",2026-01-01\n"
    path.write_bytes(b"who,at\nann" + at + b"caf\xe9" + at + b'"b\nob"' + at + b"x" * 140_000 + at + b"eve" + at)
    tally = imported(app, site, path, "visitor=who,time=at")
    assert [line for _, line, _ in tally.refusals] == [3, 6]
    assert (tally.rows, tally.accepted, tally.refused) == (5, 3, 2)
    assert sum(row["event_count"] for row in listed(app, site)) == 3


def test_a_dry_run_counts_and_stores_nothing(app: Sojourn, new_site: Callable[..., Site], tmp_path: Path) -> None:
    path, site = tmp_path / "events.parquet", new_site()
    pq.write_table(timed(50), path)
    tally = imported(app, site, path, "visitor=c_visitor,time=c_time", is_dry=True)
    assert (tally.rows, tally.accepted, tally.first_ms) == (50, 50, 1_777_000_000_000)
    assert stored(app, site) == []
    assert imported(app, site, path, "visitor=c_visitor,time=c_time").accepted == 50


def test_a_folder_is_its_files_by_name(app: Sojourn, new_site: Callable[..., Site], tmp_path: Path) -> None:
    site = new_site()
    pq.write_table(timed(10), tmp_path / "a.parquet")
    pl.DataFrame({"c_visitor": ["w"], "c_time": ["2026-01-01"]}).write_csv(tmp_path / "b.csv")
    (tmp_path / "notes.txt").write_text("no events")
    plan = Plan(str(tmp_path), parse_map("visitor=c_visitor,time=c_time"))
    done = app.import_files(site.id, plan, lambda _path, _tally: None)
    assert [(path.name, tally.accepted) for path, tally in done] == [("a.parquet", 10), ("b.csv", 1)]


def test_what_the_window_refuses_of_a_folder_is_told_before_anything_is_stored(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path
) -> None:
    site = new_site(retention_days=30)
    for name, day in (("a.csv", "2026-05-20"), ("b.csv", "2026-05-21"), ("c.csv", "2020-01-01")):
        (tmp_path / name).write_text(f"who,at\n{name},{day}\n{name},2026-05-22\n")
    told: list[tuple[str, bool, int]] = []

    def look(path: Path, tally: Tally) -> None:
        told.append((path.name, bool(tally.outside), len(times(app, site))))

    plan = Plan(str(tmp_path), parse_map("visitor=who,time=at"))
    done = app.import_files(site.id, plan, look)
    assert told[:3] == [("a.csv", False, 0), ("b.csv", False, 0), ("c.csv", True, 0)]
    assert [(tally.accepted, tally.refused) for _, tally in done] == [(2, 0), (2, 0), (1, 1)]
    again = app.import_files(site.id, plan, look)
    assert [(tally.accepted, tally.duplicates) for _, tally in again] == [(0, 2), (0, 2), (0, 1)]
    app.work_off()


def test_equal_rows_count_by_their_ordinal_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordinals, "KEPT", 10)
    counter, chance = ordinals.Ordinals(), random.Random(5)
    seen: dict[int, int] = {}
    for _ in range(2000):
        thing = chance.randrange(60) * 0x0404_0404_0404_0404
        seen[thing] = seen.get(thing, 0) + 1
        assert counter.next(thing) == seen[thing]


def test_a_mapping_file_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('visitor = "who"\ntime = "at"\n')
    assert parse_map(str(path)) == parse_map("visitor=who,time=at")


def test_an_import_of_many_senders_builds_the_site_as_passes_would(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(3)
    rows = pd.DataFrame(
        {
            "c_visitor": [f"v{chance.randrange(40)}" for _ in range(900)],
            "c_time": [1_777_000_000_000 + chance.randrange(86_400_000) for _ in range(900)],
            "c_email": [f"e{chance.randrange(9)}@x.example" if chance.random() < 0.1 else None for _ in range(900)],
            "c_type": [chance.choice(["page_view", "purchase", "identify"]) for _ in range(900)],
            "c_url": [f"https://x.example/p{chance.randrange(5)}" for _ in range(900)],
            "c_value": [chance.choice([None, 2.5]) for _ in range(900)],
        }
    )
    path, mapping = (
        tmp_path / "events.parquet",
        "visitor=c_visitor,time=c_time,email=c_email,type=c_type,url=c_url,value=c_value",
    )
    rows.to_parquet(path)
    plain, built = new_site(), new_site()
    imported(app, plain, path, mapping)
    with monkeypatch.context() as patch:
        patch.setattr("sojourn.pipeline.worker.MANY_SENDERS", 0)
        imported(app, built, path, mapping)
    assert app.sites[built.id].generation > app.sites[plain.id].generation
    own = ("site_id", "generation", "number", "lead_number", "content", "updated_at", "version")
    shown = [[{k: v for k, v in row.items() if k not in own} for row in listed(app, site)] for site in (plain, built)]
    assert sorted(map(str, shown[0])) == sorted(map(str, shown[1]))
    assert len(shown[0]) > 100


def test_rows_and_columns_derive_the_same_ids() -> None:
    table = timed(3)
    batch = columns.Columns(
        table, parse_map("visitor=c_visitor,time=c_time"), columns.Span(NOW, 0, 0), ordinals.Ordinals()
    )
    mapper = Mapper(parse_map("visitor=c_visitor,time=c_time"))
    assert batch.events()["event_id"].to_pylist() == [mapper(row)["event_id"] for row in table.to_pylist()]


def is_held(app: Sojourn) -> bool:
    """Whether merges of large parts of events wait, as the store says it."""
    rows = app.engine.query("SELECT create_table_query FROM system.tables WHERE name = 'events'")
    return "max_bytes_to_merge" in rows[0][0]


def test_merges_wait_for_the_end_of_an_import_though_passes_go_on(
    app: Sojourn, new_site: Callable[..., Site], tmp_path: Path
) -> None:
    path = tmp_path / "few.csv"
    path.write_text("visitor,time\nv1,2026-01-01T10:00:00Z\n")
    seen: list[bool] = []

    def look(_path: Path, _tally: Tally) -> None:
        app.worker.work(lambda: NOW)
        seen.append(is_held(app))

    with app.merges.held():
        app.worker.work(lambda: NOW)  # nothing is written yet: an import that has just begun
        seen.append(is_held(app))
    site = new_site()
    app.imports.run(site, site.id, Plan(str(path), {"visitor": "visitor", "time": "time"}), NOW, look)
    assert seen == [True, True]
    app.work_off()
    assert not is_held(app)
