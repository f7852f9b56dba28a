"""What lies in deploy/ fits together and with the program. An image is not built here: there is no container engine."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from typer.main import get_command

from sojourn.cli import app
from sojourn.place import Place
from sojourn.settings import BY_NAME
from sojourn.store.address import Address

DEPLOY = Path(__file__).parent.parent / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def check_command(words: list[str]) -> None:
    """Each word is one that the command line knows."""
    name, *rest = words
    assert Path(name).name == "sojourn"
    command = get_command(app)
    while rest and not rest[0].startswith("-"):
        command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("-")} <= known


def test_the_image_runs_as_nobody_in_particular_and_is_watched() -> None:
    last = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER sojourn$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/readyz" in last
    check_command(yaml.safe_load(last.rsplit("\nCMD ", 1)[1]))
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    ]
    assert all((DEPLOY.parent / name).exists() for name in copied), copied
    assert set(re.findall(r"SOJOURN_(\w+)=", DOCKERFILE)) <= {name.upper() for name in BY_NAME}


def test_services_are_watched_and_their_files_are_there() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        if service.get("image") != "sojourn":  # whose image has its own
            assert service["healthcheck"]["test"][0] == "CMD", name
        if "command" in service:
            check_command(service["command"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"], volume
        assert set(service.get("depends_on", [])) <= services.keys()


def test_the_servers_the_nodes_and_the_proxy_know_each_other() -> None:
    services = COMPOSE["services"]
    url = services["server1"]["environment"]["SOJOURN_DATA"]
    assert url == services["server2"]["environment"]["SOJOURN_DATA"] == services["init"]["environment"]["SOJOURN_DATA"]
    address = Address.of(re.sub(r"\$\{.*?\}", "secret", url))
    assert {host for host, _ in address.nodes} == {name for name in services if name.startswith("clickhouse")}
    cluster = ET.parse(DEPLOY / "clickhouse.xml").find(f"remote_servers/{address.cluster}")
    assert cluster is not None
    assert {host.text for host in cluster.iter("host")} == {host for host, _ in address.nodes}
    assert len(cluster.findall("shard")) == len(address.nodes)
    assert all(shard.findtext("internal_replication") == "true" for shard in cluster.findall("shard"))
    upstreams = set(re.findall(r"^\s+server (\w+):8000", (DEPLOY / "nginx.conf").read_text(), re.MULTILINE))
    assert upstreams == {name for name in services if name.startswith("server")}
    assert Place.of(url).cluster


def test_the_nodes_know_their_keeper_and_which_copy_each_is() -> None:
    services = COMPOSE["services"]
    nodes, keeper = ET.parse(DEPLOY / "clickhouse.xml"), ET.parse(DEPLOY / "keeper.xml")
    assert nodes.findtext("zookeeper/node/host") == "keeper" == keeper.findtext(".//raft_configuration/server/hostname")
    port = nodes.findtext("zookeeper/node/port")
    assert port == keeper.findtext("keeper_server/tcp_port")
    assert port in services["keeper"]["healthcheck"]["test"]
    given = [services[name]["environment"] for name in services if name.startswith("clickhouse")]
    macros = {macro.tag: macro.attrib["from_env"] for macro in nodes.findall("macros/*")}
    assert macros.keys() == {"shard", "replica"}
    places = [tuple(environment[name] for name in macros.values()) for environment in given]
    assert len({shard for shard, _ in places}) == len(places)


def test_no_password_is_written_down() -> None:
    assert "password from_env=" in (DEPLOY / "clickhouse.xml").read_text()
    given = re.findall(r"PASSWORD: *\"(.*)\"|default:(.*?)@", (DEPLOY / "compose.yml").read_text())
    assert given
    assert all((first or second).startswith("${CLICKHOUSE_PASSWORD:?") for first, second in given)


def test_the_unit_is_sound(tmp_path: Path) -> None:
    text = (DEPLOY / "sojourn.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    check_command(shlex.split(line))
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    unit = tmp_path / "sojourn.service"
    unit.write_text(text.replace("/opt/sojourn/bin/sojourn", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
