"""`sojourn doctor --repair` while the server of the folder goes on taking events."""

import subprocess
import sys
import threading
from pathlib import Path

import httpx

from tests.serving import PATIENCE, SECRET, Server, run

LEADS = 40
# What no program of ours does: sessions vanish, and one tells of more events than it has.
_DAMAGE = """
import sys
from pathlib import Path
from sojourn.app import Sojourn
from sojourn.place import Place
app = Sojourn.at(Place.of(sys.argv[1]))
app.engine.execute("DELETE FROM sessions WHERE entry_point = 'gone'")
app.close()
"""


def payload(lead: int, number: int, kind: str = "click") -> dict[str, str]:
    return {"type": kind, "visitor_id": f"v{lead}", "event_id": f"{lead}-{number}"}


def test_what_is_damaged_is_put_right_while_events_come_in(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(data).start()
    try:
        server.send(*(payload(lead, 0, "gone" if lead % 4 == 0 else "click") for lead in range(LEADS)))
        server.settled(LEADS)
        server.stop()
        subprocess.run([sys.executable, "-c", _DAMAGE, str(data)], check=True, timeout=60)
        server.start()
        assert len(server.sessions()) < LEADS
        stop, sent = threading.Event(), [0]
        load = threading.Thread(target=send_on, args=(server.port, stop, sent))
        load.start()
        try:
            found = run("doctor", "--data", str(data), "--whole")
            assert (found.returncode, "differ" in found.stdout) == (1, True), found.stdout + found.stderr
            repaired = run("doctor", "--data", str(data), "--whole", "--repair")
            assert repaired.returncode == 0, repaired.stdout + repaired.stderr
        finally:
            stop.set()
            load.join()
        assert sent[0]
        sessions = server.settled(LEADS + sent[0])
        assert sum(session["event_count"] for session in sessions) == LEADS + sent[0]
        assert run("doctor", "--data", str(data), "--whole").returncode == 0
    finally:
        server.close()


def send_on(port: int, stop: threading.Event, sent: list[int]) -> None:
    """An event after the other until told to stop, of leads old and new: of those that lack nothing, since an event
    alone would put right the others.
    """
    headers = {"Authorization": f"Bearer {SECRET}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE) as client:
        while not stop.wait(0.02):
            event = payload(2 * (sent[0] % LEADS) + 1, sent[0] + 1)
            client.post("/v1/events", json=event).raise_for_status()
            sent[0] += 1
