"""The URL of a cluster: what it says, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from sojourn.errors import StoreError
from sojourn.place import Place, masked
from sojourn.store.address import Address


def test_every_part_is_read() -> None:
    address = Address.of(
        "clickhouse://ann%40x:p%3A%2F%40%3F@one:1234,[::1]:2345,three/shop_1?cluster=main&secure=1&verify=0&ca=/etc/ca.pem"
    )
    assert address.nodes == (("one", 1234), ("::1", 2345), ("three", 8443))
    assert (address.name, address.password) == ("ann@x", "p:/@?")
    assert (address.database, address.local, address.cluster) == ("shop_1", "shop_1_local", "main")
    assert (address.is_secure, address.is_verified, address.ca) == (True, False, "/etc/ca.pem")


def test_what_is_left_out_has_a_default() -> None:
    address = Address.of("clickhouse://host/d?cluster=c")
    assert address == Address(nodes=(("host", 8123),), database="d", cluster="c", name="default", password="")


@pytest.mark.parametrize("below", ["missing", "a file"])
def test_a_socket_folder_that_cannot_be_made_is_told(
    tmp_path: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / below))
    place = Place.of("clickhouse://host/d?cluster=c")
    assert not place.is_own()
    with pytest.raises(StoreError, match=r"cannot be made: N.* directory; give another place by XDG_RUNTIME_DIR\."):
        place.make()


def test_no_text_of_it_has_the_password() -> None:
    url = "clickhouse://ann:secret@host/d?cluster=c"
    address = Address.of(url)
    place = Place.of(url)
    assert "secret" not in f"{address} {address!r} {place} {masked(url)}"
    assert str(place) == "clickhouse://ann:***@host/d?cluster=c"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://host/d?cluster=c", "begin with clickhouse://"),
        ("clickhouse://host/d", "no cluster"),
        ("clickhouse://host?cluster=c", "no database"),
        ("clickhouse://host/a-b?cluster=c", "no database"),
        ("clickhouse://host/d?cluster=c'; DROP", "no cluster"),
        ("clickhouse:///d?cluster=c", "no host"),
        ("clickhouse://ann:secret@host:70000/d?cluster=c", "port"),
        ("clickhouse://ann:secret@host:port/d?cluster=c", "port"),
        ("clickhouse://ann:secret@one,/d?cluster=c", "no host"),
        ("clickhouse://ann:secret@host/d?cluster=c&secure=yes", "0 or 1"),
        ("clickhouse://ann:secret@host/d?cluster=c&timeout=3", "no such option 'timeout'"),
        ("clickhouse://ann:secret@host/d?cluster", "no URL"),
        ("clickhouse://ann:pa?secret@host/d?cluster=c", "no such option"),
        ("clickhouse://ann:pa?secret=x@host/d?cluster=c", "no such option;"),
        ("clickhouse://ann:pa?secret=x#y@host/d?cluster=c", "no such option;"),
        ("clickhouse://ann:pa/x?a=b&secret=x@host/d?cluster=c", "no such option;"),
        ("clickhouse://[::1/d?cluster=c", "no URL"),
    ],
)
def test_a_wrong_one_is_refused_in_one_line_without_the_password(url: str, why: str) -> None:
    with pytest.raises(StoreError, match=why) as caught:
        Address.of(url)
    assert "secret" not in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "who",
    [
        "ann:secret",
        "joe@corp:secret",
        "jo/e:secret",
        ":secret",
        "ann:se/cret",
        "ann:x@y:secret",
        "ann:secret@",
        "a?b:secret",
    ],
)
@pytest.mark.parametrize("scheme", ["clickhouse://", "clickhouse:/", "clickhouse:", "mysql://"])
def test_a_password_is_never_shown_however_the_url_is_written(scheme: str, who: str) -> None:
    url = f"{scheme}{who}@host:8123/d?cluster=c"
    shown = f"{Place.of(url)} {Place.of(url)!r} {masked(url)}"
    assert "cret" not in shown
    assert "@host:8123/d" in masked(url)


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    for url in ("clickhouse://one:8123,two:8123/d?cluster=c", "clickhouse://ann@one/d?cluster=c"):
        assert masked(url) == url


def test_places_on_a_cluster_have_a_folder_of_their_own_whatever_the_password() -> None:
    assert "ord" not in str(Place.of("clickhouse://ann:p@ssw@ord@host/d?cluster=c"))
    one, same, other = (
        Place.of(f"clickhouse://ann:{text}?cluster=c") for text in ("a@host/d", "b@host/d", "a@host/other")
    )
    assert one.folder == same.folder != other.folder
    assert Place.of("some/folder").cluster is None
