"""The files of the browser room, as the daemon hands them out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentgather.http.assets import MAIN, Assets
from agentgather.http.bundle import imported, without_comments
from tests.rooms import RunningRoom

WEB = Path(__file__).parents[2] / "web"
SCRIPT = re.compile(r'src="(assets/[0-9a-f]{16}/room\.js)"')
LINKED = re.compile(r'(?:src|href)="([^"]+)"')


async def test_the_page_names_its_files_by_their_content_and_every_one_is_there_for_good(room: RunningRoom) -> None:
    page = await room.client.get(room.url + "/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    linked = LINKED.findall(page.text)
    assert len(linked) >= 20
    for name in linked:
        assert not name.startswith("/")  # relative: the same page works below /<room>/ and behind a broker
        file = await room.client.get(f"{room.url}/{name}")
        assert (file.status_code, "immutable" in file.headers["cache-control"]) == (200, True)
        assert file.headers["x-content-type-options"] == "nosniff"
        again = await room.client.get(f"{room.url}/{name}", headers={"If-None-Match": file.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "content-length" not in again.headers


async def test_modules_find_one_another_relative_to_the_bundle(room: RunningRoom) -> None:
    script = SCRIPT.search((await room.client.get(room.url + "/")).text)
    assert script is not None
    main = await room.client.get(f"{room.url}/{script[1]}")
    assert main.headers["content-type"] == "text/javascript; charset=utf-8"
    imported = re.findall(r'from "(\./[^"]+)"', main.text)
    assert imported
    for name in imported:
        assert (await room.client.get(f"{room.url}/{script[1]}/../{name}")).status_code == 200


async def test_the_names_that_older_links_know_are_answered_where_they_were(room: RunningRoom) -> None:
    for name, kind in (("room.css", "text/css; charset=utf-8"), ("room.js", "text/javascript; charset=utf-8")):
        answer = await room.client.get(f"{room.url}/{name}", follow_redirects=False)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


@pytest.mark.parametrize(
    "path",
    ["../pyproject.toml", "%2e%2e/%2e%2e/pyproject.toml", "room.js", "index.html", "0000000000000000/room.js", ""],
)
async def test_nothing_else_is_handed_out(room: RunningRoom, path: str) -> None:
    answer = await room.client.get(f"{room.url}/assets/{path}")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_any_change_of_any_file_changes_the_name_of_all(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "index.html").write_text('<script src="assets/__BUNDLE__/room.js">')
    (tmp_path / "room.js").write_text('import "./views/one.js"')
    (tmp_path / "views" / "one.js").write_text("1")
    before = Assets.load(tmp_path)
    (tmp_path / "views" / "one.js").write_text("2")
    after = Assets.load(tmp_path)
    assert before.bundle != after.bundle
    assert after.index.body == f'<script src="assets/{after.bundle}/room.js">'.encode()
    changed = after.get(f"{after.bundle}/views/one.js")
    assert changed is not None
    assert changed.body == b"2"
    assert after.get(f"{before.bundle}/views/one.js") is None


def test_the_page_needs_no_script_or_style_of_its_own_in_line() -> None:
    page = Assets.load().index.body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


async def test_who_takes_gzip_gets_the_same_files_by_it(room: RunningRoom) -> None:
    page = (await room.client.get(room.url + "/")).text
    for name in ["", *LINKED.findall(page)]:
        plain = await room.client.get(f"{room.url}/{name}", headers={"Accept-Encoding": "identity"})
        packed = await room.client.get(f"{room.url}/{name}", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text
        assert packed.headers["vary"] == "accept-encoding"
        if "content-encoding" in packed.headers:
            assert packed.headers["content-encoding"] == "gzip"
            assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
            assert packed.headers["etag"] != plain.headers["etag"]


async def test_no_answer_about_the_room_is_packed(room: RunningRoom) -> None:
    answer = await room.host.ask("GET", "/messages", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


async def test_all_stylesheets_come_as_one_in_the_order_of_the_page(room: RunningRoom) -> None:
    page = (await room.client.get(room.url + "/")).text
    linked = re.findall(r'<link rel="stylesheet" href="(assets/[0-9a-f]{16}/[a-z-]+\.css)">', page)
    assert [name.rpartition("/")[2] for name in linked] == ["sheet.css"]
    sheet = (await room.client.get(f"{room.url}/{linked[0]}")).text
    sources = re.findall(r'/([a-z-]+\.css)"', (WEB / "index.html").read_text())
    assert len(sources) >= 6
    assert sheet == "\n".join(without_comments((WEB / name).read_bytes()).decode() for name in sources)
    assert set(sources) == {path.name for path in WEB.glob("*.css")}


def test_every_module_is_asked_for_at_once() -> None:
    page = Assets.load()
    preloaded = re.findall(r'<link rel="modulepreload" href="assets/[0-9a-f]{16}/([^"]+)">', page.index.body.decode())
    needed = imported({name: file.body for name, file in page.files.items()}, MAIN)
    assert preloaded == needed
    assert "views/timeline.js" in needed
    assert not set(needed) - set(page.files)
    assert "shapes.js" not in needed  # types only
