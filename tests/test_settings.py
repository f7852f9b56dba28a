"""Where a setting comes from: the flag, then the environment, then the file, then its default."""

from pathlib import Path

import pytest

from sojourn.errors import InvalidRequest
from sojourn.settings import BY_NAME, resolve
from tests.serving import run


def test_flags_go_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "sojourn.toml"
    file.write_text("port = 9001\n")
    sources = [
        resolve(flags, environment, file if is_written else tmp_path / "none.toml")["port"]
        for flags, environment, is_written in (
            ({"port": 9003}, {"SOJOURN_PORT": "9002"}, True),
            ({"port": None}, {"SOJOURN_PORT": "9002"}, True),
            ({}, {}, True),
            ({}, {}, False),
        )
    ]
    assert [value.value for value in sources] == [9003, 9002, 9001, BY_NAME["port"].default]
    assert [value.source for value in sources] == ["flag", "SOJOURN_PORT", str(file), "default"]


def test_a_file_of_another_name_is_found_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('host = "127.0.0.2"\n')
    assert resolve({}, {"SOJOURN_CONFIG": str(file)})["host"].value == "127.0.0.2"


def test_a_secret_is_shown_nowhere_not_even_in_an_error(tmp_path: Path) -> None:
    secret = "sk_live_hidden"
    values = resolve({}, {"SOJOURN_SECRET_KEY": secret}, tmp_path / "none.toml")
    assert values["secret_key"].value == secret
    assert [value.shown for value in values.values() if secret in str(value.shown)] == []
    (tmp_path / "broken.toml").write_text("port = ")
    with pytest.raises(InvalidRequest, match=r"broken\.toml is no TOML file"):
        resolve({}, {}, tmp_path / "broken.toml")


def test_the_limits_are_the_contracts() -> None:
    assert [BY_NAME[name].default for name in ("read_limit", "event_limit")] == [1_000, 10_000]


def test_a_flag_of_serve_goes_before_the_environment() -> None:
    done = run("serve", "--log-format", "xml", SOJOURN_LOG_FORMAT="json")
    assert (done.returncode, "log_format is 'xml' in flag" in done.stderr) == (2, True)
