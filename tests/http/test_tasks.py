"""The task board over a real daemon."""

from __future__ import annotations

from typing import Any

import httpx
import trio

from tests.rooms import Guest, RunningRoom


async def step(guest: Guest, task: int, name: str, **body: Any) -> dict[str, Any]:
    return dict((await guest.post(f"/tasks/{task}/{name}", body))["task"])


async def code(guest: Guest, path: str, **body: Any) -> tuple[int, str]:
    answer = await guest.ask("POST", path, json=body)
    return answer.status_code, str(answer.json()["error"])


async def test_the_life_of_a_task_from_its_adding_to_its_result(room: RunningRoom) -> None:
    rev, doc = await room.invite("rev"), await room.invite("doc")
    body = {"title": "Design", "description": "Two pages.", "due": "2030-01-05T10:30:00+01:00", "client_id": "d-1"}
    added = await rev.ask("POST", "/tasks", json=body)
    assert added.status_code == 201
    task = added.json()["task"]
    assert {
        name: task[name] for name in ("id", "status", "holder", "due", "added_by", "blocked_by", "description")
    } == {
        "id": 1,
        "status": "open",
        "holder": None,
        "due": "2030-01-05T09:30:00.000Z",
        "added_by": "rev",
        "blocked_by": [],
        "description": "Two pages.",
    }
    again = await rev.ask("POST", "/tasks", json=body)
    assert (again.status_code, again.json()["idempotent"], again.json()["task"]) == (200, True, task)
    assert await code(rev, "/tasks", **{**body, "title": "Another"}) == (409, "id_reused")
    await room.host.post("/tasks", {"title": "Build", "depends_on": [1], "assignee": "doc"})
    assert await code(doc, "/tasks/2/claim") == (409, "dependencies_pending")

    assert (await step(rev, 1, "claim"))["holder"] == "rev"
    lost = await doc.ask("POST", "/tasks/1/claim", json={})
    assert (lost.status_code, lost.json()["error"], lost.json()["holder"]) == (409, "already_claimed", "rev")
    done = await step(rev, 1, "complete", result="See docs/design.md")
    assert (done["status"], done["finished_by"], done["result"]) == ("completed", "rev", "See docs/design.md")
    note = (await doc.get("/messages"))["messages"][-1]
    assert note["mentions"] == ["doc"]
    assert note["event"] == {"kind": "task.completed", "by": "rev", "task": 1, "result": "See docs/design.md"}

    assert (await step(doc, 2, "claim"))["status"] == "claimed"
    assert (await step(doc, 2, "release"))["holder"] is None
    assert (await step(room.host, 2, "reassign", assignee=None))["assignee"] is None
    edited = await step(room.host, 2, "edit", title="Build it", due="2030-01-01T00:00:00Z")
    assert (edited["title"], edited["due"], edited["depends_on"]) == ("Build it", "2030-01-01T00:00:00.000Z", [1])
    assert (await step(room.host, 2, "cancel", reason="no need"))["result"] == "no need"
    await room.host.post("/close")
    assert [task["status"] for task in (await doc.get("/tasks"))["tasks"]] == ["completed", "cancelled"]
    assert (await doc.get("/tasks/2"))["task"]["title"] == "Build it"
    assert await code(doc, "/tasks", title="more") == (403, "room_closed")


async def test_the_board_is_read_by_status_and_in_pages(room: RunningRoom) -> None:
    rev, eye = await room.invite("rev"), await room.invite("eye", role="observer")
    for number in range(1, 6):
        await room.host.post("/tasks", {"title": f"t{number}", "depends_on": [1] if number == 5 else []})
    await room.host.post("/tasks/4/reassign", {"assignee": "ops"})
    await step(rev, 2, "claim")

    async def ids(guest: Guest, **query: Any) -> list[int]:
        return [task["id"] for task in (await guest.get("/tasks", **query))["tasks"]]

    assert await ids(eye) == [1, 2, 3, 4, 5]
    assert await ids(eye, status="open") == [1, 3, 4, 5]
    assert await ids(eye, status="claimed") == [2]
    assert await ids(eye, status="completed") == []
    assert await ids(rev, status="ready") == [1, 3]
    assert await ids(room.host, status="ready") == [1, 3, 4]
    page = await eye.get("/tasks", limit=2)
    assert ([task["id"] for task in page["tasks"]], page["has_more"], page["next_after_id"]) == ([1, 2], True, 2)
    page = await eye.get("/tasks", limit=3, after_id=2)
    assert ([task["id"] for task in page["tasks"]], page["has_more"], page["next_after_id"]) == ([3, 4, 5], False, None)
    assert "description" not in page["tasks"][0]
    assert page["tasks"][2]["blocked_by"] == [1]
    assert page["last_id"] == (await eye.get("/status"))["last_id"]
    assert page["claim_lease_seconds"] == 1_800


REFUSED_LISTS: list[tuple[dict[str, str], str]] = [
    ({"status": "lost"}, "invalid_status"),
    ({"after_id": "-1"}, "invalid_after_id"),
    ({"limit": "501"}, "invalid_limit"),
    ({"limit": "0"}, "invalid_limit"),
]
REFUSED_TASKS: list[tuple[dict[str, Any], str, str]] = [
    ({}, "invalid_text", "title"),
    ({"title": 7}, "invalid_text", "title"),
    ({"title": "t", "description": ["x"]}, "invalid_text", "description"),
    ({"title": "t", "description": "x" * 4_001}, "text_too_long", "description"),
    ({"title": "t", "description": None}, "invalid_text", "description"),
    ({"title": "t", "depends_on": None}, "invalid_depends_on", "depends_on"),
    ({"title": "t", "depends_on": "1"}, "invalid_depends_on", "depends_on"),
    ({"title": "t", "depends_on": [True]}, "invalid_depends_on", "depends_on"),
    ({"title": "t", "depends_on": [3]}, "invalid_depends_on", "depends_on"),
    ({"title": "t", "assignee": 3}, "invalid_assignee", "assignee"),
    ({"title": "t", "assignee": "nobody"}, "invalid_assignee", "assignee"),
    ({"title": "t", "due": "soon"}, "invalid_due", "due"),
    ({"title": "t", "due": 7}, "invalid_due", "due"),
    ({"title": "t", "due": "0001-01-01T00:00:00+23:00"}, "invalid_due", "due"),
    ({"title": "t", "client_id": ""}, "invalid_client_id", "client_id"),
    ({"title": "t", "client_id": 7}, "invalid_client_id", "client_id"),
]


async def test_what_cannot_be_asked_of_the_board_is_refused_by_its_field(room: RunningRoom) -> None:
    for query, error in REFUSED_LISTS:
        answer = await room.host.ask("GET", "/tasks", params=query)
        assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (400, error, next(iter(query)))
    for body, error, field in REFUSED_TASKS:
        answer = await room.host.ask("POST", "/tasks", json=body)
        assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (400, error, field), body
    assert (await room.host.get("/tasks"))["tasks"] == []


async def test_a_task_that_is_not_there_and_a_step_that_lacks_its_field(room: RunningRoom) -> None:
    for task in ("7", "0", "x", "1" * 17):
        assert await code(room.host, f"/tasks/{task}/claim") == (404, "task_not_found")
    shown = await room.host.ask("GET", "/tasks/7")
    assert (shown.status_code, shown.json()["error"]) == (404, "task_not_found")
    await room.host.post("/tasks", {"title": "t"})
    assert await code(room.host, "/tasks/1/reassign") == (400, "invalid_assignee")
    assert await code(room.host, "/tasks/1/edit", depends_on=[1]) == (409, "dependency_cycle")


async def test_of_fifty_claims_at_once_exactly_one_wins(room: RunningRoom) -> None:
    guests = [await room.invite(f"a-{number}") for number in range(50)]
    await room.host.post("/tasks", {"title": "t"})
    answers: list[httpx.Response] = []

    async def claim(guest: Guest) -> None:
        answers.append(await guest.ask("POST", "/tasks/1/claim", json={}))

    async with trio.open_nursery() as nursery:
        for guest in guests:
            nursery.start_soon(claim, guest)
    won = [answer.json()["task"]["holder"] for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert [answer.json()["holder"] for answer in answers if answer.status_code == 409] == won * 49
    events = [record.get("event", {}).get("kind") for record in (await room.host.get("/messages"))["messages"]]
    assert events.count("task.claimed") == 1


async def test_the_board_says_whose_claim_lapsed_and_why(room: RunningRoom) -> None:
    """Silence is waited for in virtual time: tests/live/test_claim_leases.py."""
    rev, doc = await room.invite("rev"), await room.invite("doc")
    for number, guest in enumerate((rev, doc), start=1):
        await room.host.post("/tasks", {"title": "t"})
        await step(guest, number, "claim")
    await rev.post("/leave")
    await room.host.post("/participants/doc/remove")
    tasks = (await room.host.get("/tasks"))["tasks"]
    assert [(task["status"], task["lapsed"]["holder"], task["lapsed"]["reason"]) for task in tasks] == [
        ("open", "rev", "left"),
        ("open", "doc", "removed"),
    ]
    assert (await step(room.host, 1, "claim"))["lapsed"] is None
