"""Who may do what on the pages, and how people get in and out."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import Server, run
from tests.web.pages.browsing import (
    PASSWORD,
    Browser,
    accepted,
    first_owner,
    invited,
    key_shown,
    link_in,
    log_of,
    setup_token,
    words,
)

OWNERS_ACTIONS = [
    "/settings/site",
    "/settings/timeout",
    "/settings/retention",
    "/settings/conversions",
    "/settings/passive",
    "/settings/goals",
    "/settings/goals/remove",
    "/settings/keys",
    "/settings/keys/0123456789ab/rotate",
    "/settings/keys/0123456789ab/revoke",
    "/settings/people",
    "/settings/people/role",
    "/settings/people/link",
    "/settings/people/remove",
    "/start/key",
]
ACTIONS = [*OWNERS_ACTIONS, "/settings/login/password", "/logout", "/logout/everywhere"]
OWNERS_PAGES = ["/settings/keys", "/settings/people", "/settings/what-if?what=timeout&amount=10&unit=min"]
PAGES = [*OWNERS_PAGES, "/settings", "/settings/building", "/settings/changes", "/settings/login", "/start", "/help"]


@pytest.mark.parametrize("path", OWNERS_ACTIONS)
def test_a_viewer_may_do_nothing_that_changes_something(viewer_pages: Browser, path: str) -> None:
    answer = viewer_pages.send_form(path)
    assert answer.status_code == 403
    assert "Only an owner" in answer.text


@pytest.mark.parametrize("path", ACTIONS)
def test_nobody_does_anything_without_a_login(pages_server: Server, owner_pages: Browser, path: str) -> None:
    with Browser(pages_server) as nobody:
        answer = nobody.post(path, data={"csrf": owner_pages.csrf})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("path", ACTIONS)
def test_a_form_of_elsewhere_is_refused(owner_pages: Browser, path: str) -> None:
    csrf = owner_pages.csrf
    for wrong in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        assert owner_pages.post(path, data=wrong).status_code == 403
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert owner_pages.post(path, data={"csrf": csrf}, headers=headers).status_code == 403
    assert owner_pages.get(path, headers={"Accept": "text/html"}).status_code in (200, 405)
    assert owner_pages.get("/settings").status_code == 200  # still logged in


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_those_who_are_logged_in(
    pages_server: Server, owner_pages: Browser, viewer_pages: Browser, path: str
) -> None:
    with Browser(pages_server) as nobody:
        answer = nobody.get(path)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    shown = owner_pages.get(path)
    assert shown.status_code == 200
    assert "unsafe" not in shown.headers["content-security-policy"]
    assert re.search(r"<script(?! src=)|<style| style=| on\w+=", shown.text) is None
    assert viewer_pages.get(path).status_code == (403 if path in OWNERS_PAGES else 200)


def test_a_viewer_sees_settings_without_keys_and_people(owner_pages: Browser, viewer_pages: Browser) -> None:
    owner_pages.send_form("/settings/keys", kind="secret", data="test")
    owner_pages.send_form("/settings/site", name="Default site", time_zone="Europe/Berlin", hosts="")
    shown = viewer_pages.get("/settings").text
    assert "Europe/Berlin" in shown
    assert '<form method="get"' not in shown
    assert "/settings/keys" not in shown
    assert "/settings/people" not in shown
    log = viewer_pages.get("/settings/changes").text
    assert "Time zone: UTC → Europe/Berlin" in log
    assert "Key made" not in log
    assert "Invited" not in log
    assert "Key made" in owner_pages.get("/settings/changes").text
    owner_pages.send_form("/settings/site", name="Default site", time_zone="UTC", hosts="")


def test_an_invitation_is_followed_once(pages_server: Server, owner_pages: Browser) -> None:
    answer = owner_pages.send_form("/settings/people", email="Carl@Example.com", role="owner")
    token = link_in(answer.text)
    assert token not in owner_pages.get("/settings/people").text
    assert token not in owner_pages.get("/settings/changes").text
    assert "carl@example.com" in log_of(owner_pages)
    with accepted(pages_server, token) as carl:
        assert "Keys" in carl.get("/settings").text
        again = carl.post("/invitation", data={"token": token, "password": PASSWORD, "repeated": PASSWORD})
        assert again.status_code == 401
        twice = owner_pages.send_form("/settings/people", email="carl@example.com", role="viewer")
        assert (twice.status_code, "may see this site already" in twice.text) == (400, True)
        # A role counts at once.
        owner_pages.send_form("/settings/people/role", email="carl@example.com", role="viewer")
        assert log_of(owner_pages).endswith("Role: owner → viewer")
        assert carl.get("/settings/keys").status_code == 403
        owner_pages.send_form("/settings/people/remove", email="carl@example.com")
        assert carl.get("/settings").headers["location"].startswith("/login")
    with Browser(pages_server) as late:
        assert late.log_in("carl@example.com").status_code == 401


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/people", {"email": "no address", "role": "viewer"}),
        ("/settings/people", {"email": "x@example.com", "role": "king"}),
        ("/settings/people/role", {"email": "owner@example.com", "role": "king"}),
        ("/settings/people/role", {"email": "nobody@example.com", "role": "viewer"}),
        ("/settings/people/link", {"email": "nobody@example.com"}),
        ("/settings/people/remove", {"email": "nobody@example.com"}),
    ],
)
def test_a_mistake_is_told_on_the_page(owner_pages: Browser, path: str, fields: dict[str, str]) -> None:
    answer = owner_pages.send_form(path, **fields)
    assert answer.status_code in (400, 404)
    assert 'class="problem" role="alert"' in answer.text
    assert "x@example.com" not in owner_pages.get("/settings/people").text


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """A server of its own, for what the shared one must not meet."""
    server = Server(tmp_path / "data").start()
    yield server
    server.close()


def test_the_last_owner_stays(alone: Server) -> None:
    with first_owner(alone, "ann@example.com") as ann:
        for path, fields in (("/settings/people/remove", {}), ("/settings/people/role", {"role": "viewer"})):
            answer = ann.send_form(path, email="ann@example.com", **fields)
            assert (answer.status_code, "The last owner" in answer.text) == (400, True)
        # One who has set no password yet could not do an owner's work.
        token = link_in(ann.send_form("/settings/people", email="bob@example.com", role="owner").text)
        assert ann.send_form("/settings/people/remove", email="ann@example.com").status_code == 400
        with accepted(alone, token) as bob:
            assert ann.send_form("/settings/people/remove", email="ann@example.com").status_code == 303
            assert ann.get("/settings").headers["location"].startswith("/login")
            assert bob.send_form("/settings/people/remove", email="bob@example.com").status_code == 400
    done = run("logins", "remove", "bob@example.com", "--data", str(alone.folder))
    assert (done.returncode, "The last owner" in done.stderr) == (2, True)


def test_one_changes_the_own_password(pages_server: Server, owner_pages: Browser) -> None:
    with (
        invited(pages_server, owner_pages, "dora@example.com", "viewer") as dora,
        Browser(pages_server) as elsewhere,
    ):
        assert elsewhere.log_in("dora@example.com").status_code == 303
        fresh = {"password": "another long one", "repeated": "another long one"}
        wrong = dora.send_form("/settings/login/password", present="not this one", **fresh)
        assert (wrong.status_code, "present password is wrong" in wrong.text) == (400, True)
        for unfit in ({"password": "short", "repeated": "short"}, {**fresh, "repeated": "something else"}):
            assert dora.send_form("/settings/login/password", present=PASSWORD, **unfit).status_code == 400
        assert dora.send_form("/settings/login/password", present=PASSWORD, **fresh).status_code == 303
        assert dora.get("/settings/login").status_code == 200
        assert elsewhere.get("/settings/login").status_code == 303
        assert elsewhere.log_in("dora@example.com").status_code == 401
        assert elsewhere.log_in("dora@example.com", "another long one").status_code == 303
        assert log_of(owner_pages).endswith("dora@example.com Password set")
        # Everywhere is here too.
        assert dora.send_form("/logout/everywhere").headers["location"] == "/login"
        assert [each.get("/settings").status_code for each in (dora, elsewhere)] == [303, 303]


def test_a_new_link_renews_a_password(pages_server: Server, owner_pages: Browser) -> None:
    with invited(pages_server, owner_pages, "emil@example.com", "viewer") as emil:
        token = link_in(owner_pages.send_form("/settings/people/link", email="emil@example.com").text)
        assert emil.get("/settings").status_code == 200  # until the link is followed
        accepted(pages_server, token, "a new long password").close()
        assert emil.get("/settings").status_code == 303


def test_wrong_passwords_are_slowed_down(alone: Server) -> None:
    with first_owner(alone, "ann@example.com") as ann, Browser(alone) as other:
        codes = [other.log_in("ann@example.com", "wrong password").status_code for _ in range(11)]
        assert codes == [401] * 10 + [429]
        late = other.log_in("ann@example.com")
        assert late.status_code == 429
        assert "Retry after" in late.text
        fields = {"present": PASSWORD, "password": "another long one", "repeated": "another long one"}
        limited = ann.send_form("/settings/login/password", **fields)
        assert limited.status_code == 429
        assert int(limited.headers["retry-after"]) > 0


def test_a_login_of_two_sites_is_not_taken_over(alone: Server) -> None:
    data = str(alone.folder)
    with first_owner(alone, "ann@example.com") as ann:
        assert run("sites", "add", "shop", "--data", data).returncode == 0
        assert ann.get("/settings?site=shop").status_code == 404
        options = ["--role", "owner", "--site", "shop", "--url", "https://s.example"]
        done = run("logins", "invite", "sue@example.com", *options, "--data", data)
        assert "https://s.example/invitation?token=" in done.stdout
        # Invited to the shop, without a password: a link made here would open the shop.
        early = ann.send_form("/settings/people", email="sue@example.com", role="viewer")
        assert (early.status_code, "invitation?token" in early.text) == (400, False)
        with accepted(alone, link_in(done.stdout)) as sue:
            answer = ann.send_form("/settings/people", email="sue@example.com", role="viewer")
            assert "with the password they have" in answer.text
            assert ann.send_form("/settings/people/link", email="sue@example.com").status_code == 403
            assert sue.get("/settings/keys?site=default").status_code == 403
            assert sue.get("/settings/keys?site=shop").status_code == 200
            made = key_shown(sue.send_form("/settings/keys?site=shop", kind="secret", data="live").text)
            assert alone.ask("GET", "/v1/site", made).json()["data"]["id"] == "shop"
            key_id = re.findall(r"/settings/keys/(\w{12})/revoke\?site=shop", sue.get("/settings/keys?site=shop").text)
            assert ann.send_form(f"/settings/keys/{key_id[0]}/revoke").status_code == 404
            # Who saw a site that was removed does not see the next one of its id.
            run("sites", "remove", "shop", "--yes", "--data", data)
            run("sites", "add", "shop", "--data", data)
            assert sue.get("/settings?site=shop").status_code == 404


def test_the_terminal_lets_in_and_renews(alone: Server) -> None:
    data = str(alone.folder)
    first = run("logins", "invite", "Ann@example.com", "--role", "owner", "--data", data)
    assert first.returncode == 0, first.stderr
    assert f"127.0.0.1:8000/invitation?token={link_in(first.stdout)}" in first.stdout
    with accepted(alone, link_in(first.stdout)) as ann, Browser(alone) as other:
        assert ann.get("/settings/keys").status_code == 200
        listed = words(run("logins", "list", "--data", data).stdout)
        assert "ann@example.com" in listed
        assert "owner" in listed
        again = run("logins", "invite", "ann@example.com", "--data", data).stdout
        assert ("ann@example.com is owner now." in again, "invitation?token" in again) == (True, False)
        demoted = run("logins", "invite", "ann@example.com", "--role", "viewer", "--data", data)
        assert (demoted.returncode, "The last owner" in demoted.stderr) == (2, True)
        link = run("logins", "link", "ann@example.com", "--data", data).stdout
        accepted(alone, link_in(link), "another long one").close()
        assert ann.get("/settings").status_code == 303
        assert other.log_in("ann@example.com", "another long one").status_code == 303
        assert "owner of the machine Link for a new password made" in words(other.get("/settings/changes").text)
    for command in (["link", "nobody@example.com"], ["remove", "nobody@example.com"]):
        done = run("logins", *command, "--data", data)
        assert (done.returncode, "nobody@example.com" in done.stderr) == (1, True)
    wrong = run("logins", "invite", "nonsense", "--data", data)
    assert (wrong.returncode, "nonsense" in wrong.stderr) == (2, True)


def test_the_first_link_works_once(alone: Server) -> None:
    token = setup_token(alone)
    with first_owner(alone, "ann@example.com"), httpx.Client(base_url=str(alone.client.base_url)) as other:
        answer = other.get("/welcome", params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
