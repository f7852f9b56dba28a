"""Every setting in one table: it feeds the flags, the environment, the file, the docs and the tests."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sojourn.errors import InvalidRequest
from sojourn.place import Place

CONFIG_FILE = "sojourn.toml"
LEVELS = ("debug", "info", "warning", "error")
KINDS = {Place: "a path or a URL", str: "a text", int: "a whole number"}


@dataclass(frozen=True)
class Setting:
    """A name, its type, its default and what it is for; `is_secret` ones are never shown."""

    name: str
    kind: type
    default: Any
    help: str
    is_secret: bool = False
    allowed: tuple[str, ...] = ()  # of a text: one of these; none: any
    least: int | None = None  # of a number

    @property
    def variable(self) -> str:
        return f"SOJOURN_{self.name.upper()}"

    @property
    def kind_shown(self) -> str:
        if self.allowed:
            return " or ".join(self.allowed)
        return KINDS[self.kind] + (f" of {self.least} or more" if self.least is not None else "")


SETTINGS = (
    Setting("data", Place, Place(Path("sojourn-data")), "folder in which everything is kept, or the URL of a cluster"),
    Setting("host", str, "127.0.0.1", "address to listen on; 0.0.0.0 for every interface"),
    Setting("port", int, 8000, "port to listen on"),
    Setting("gather_ms", int, 15, "how long a commit waits for more events, in milliseconds"),
    Setting(
        "secret_key",
        str,
        "",
        "a secret key of the default site that is valid from the first start",
        is_secret=True,
    ),
    Setting("write_key", str, "", "a publishable key of the default site, likewise", is_secret=True),
    Setting("read_limit", int, 1000, "requests a minute that a secret key may make but for sending; 0 is off", least=0),
    Setting("event_limit", int, 10_000, "events a minute that a publishable key may send; 0 is off", least=0),
    Setting("disk_warn_mb", int, 1024, "free space, in MB, below which the log and /readyz warn; 0 is off", least=0),
    Setting("slow_query_ms", int, 1000, "from so many milliseconds on a query is in the log; 0 is off", least=0),
    Setting("log_format", str, "text", "form of the log: text or json", allowed=("text", "json")),
    Setting("log_level", str, "info", "from which level on the log is written", allowed=LEVELS),
)
BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Value:
    """A setting's value and where it comes from."""

    setting: Setting
    value: Any
    source: str

    @property
    def shown(self) -> str:
        if self.setting.is_secret:
            return "(hidden)" if self.value else "(none)"
        return str(self.value)


def resolve(
    flags: Mapping[str, Any], environment: Mapping[str, str] | None = None, file: Path | None = None
) -> dict[str, Value]:
    """Each setting from flags, else the environment, else the TOML file, else its default.

    Raises InvalidRequest naming the setting, its value and its source.
    """
    environment = os.environ if environment is None else environment
    path = file or Path(environment.get("SOJOURN_CONFIG", CONFIG_FILE))
    written = _read(path)
    return {setting.name: _resolve(setting, flags, environment, written, path) for setting in SETTINGS}


def _resolve(
    setting: Setting,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    written: Mapping[str, Any],
    path: Path,
) -> Value:
    if flags.get(setting.name) is not None:
        return _value(setting, flags[setting.name], "flag")
    if setting.variable in environment:
        return _value(setting, environment[setting.variable], setting.variable)
    if setting.name in written:
        return _value(setting, written[setting.name], str(path))
    return Value(setting, setting.default, "default")


def _value(setting: Setting, value: Any, source: str) -> Value:
    try:
        kept: Any = Place.of(str(value)) if setting.kind is Place else setting.kind(value)
        is_low = setting.least is not None and kept < setting.least
        if is_low or (setting.allowed and kept not in setting.allowed):
            raise ValueError
    except (TypeError, ValueError):
        shown = "(hidden)" if setting.is_secret else repr(value)
        raise InvalidRequest(
            f"{setting.name} is {shown} in {source}; allowed is {setting.kind_shown}: {setting.help}."
        ) from None
    return Value(setting, kept, source)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidRequest(f"{path} is no TOML file: {error}.") from None
    unknown = sorted(set(written) - set(BY_NAME))
    if unknown:
        raise InvalidRequest(f"{path} sets {unknown[0]}, which is no setting; `sojourn settings` lists them.")
    return written
