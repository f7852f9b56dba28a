"""Commands about keys and settings."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from sojourn.commands.terminal import ask, out
from sojourn.model.instant import iso
from sojourn.place import Place
from sojourn.settings import Value
from sojourn.web.connection import connect


def keys_create(place: Place, site: str | None, kind: str, *, is_test: bool) -> None:
    with connect(place, site) as client:
        key = ask(client, "POST", "/local/keys", {"kind": kind, "is_test": is_test})["data"]
    _print_new_key(key)


def keys_list(place: Place, site: str | None) -> None:
    with connect(place, site) as client:
        keys = ask(client, "GET", "/local/keys")["data"]
    table = Table("id", "key", "kind", "site", "test", "made", "ends")
    for key in keys:
        ends = iso(key["ends_at"]) if key["ends_at"] else ""
        table.add_row(
            key["id"],
            key["shown"],
            key["kind"],
            key["site_id"],
            "yes" if key["is_test"] else "",
            iso(key["created_at"]),
            ends,
        )
    out.print(table)


def keys_rotate(place: Place, site: str | None, key_id: str) -> None:
    with connect(place, site) as client:
        key = ask(client, "POST", f"/local/keys/{key_id}/rotate")["data"]
    _print_new_key(key)
    out.print("The old one works for one hour more.")


def keys_revoke(place: Place, site: str | None, key_id: str) -> None:
    with connect(place, site) as client:
        key = ask(client, "DELETE", f"/local/keys/{key_id}")["data"]
    out.print(f"{key['shown']} is revoked.")


def _print_new_key(key: dict[str, Any]) -> None:
    out.print(
        f"{key['key']}  ({key['kind']}{', test' if key['is_test'] else ''}; id {key['id']}; not shown again)",
        soft_wrap=True,
    )


def show_settings(values: Mapping[str, Value]) -> None:
    table = Table("setting", "value", "from", "meaning")
    for value in values.values():
        table.add_row(value.setting.name, value.shown, value.source, value.setting.help)
    out.print(table)
