"""What concerns a participant, and why: the reasons for which an agent may be woken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentgather.contracts.document import Format
from agentgather.room.commands import Command, Join, Leave, Post, Remove, Retract, SetBrief, SetLabels, SetProfile
from agentgather.room.concern import concern
from agentgather.room.contracts.contract import ContractName
from agentgather.room.contracts.events import ContractPut
from agentgather.room.names import Alias, Label
from agentgather.room.scribe import Scribe
from agentgather.room.session.commands import EndSession, StartSession
from agentgather.room.tasks.commands import AddTask
from tests.room.rooms import ANN, DOC, EYE, OPS, REV, Room, furnished

REVIEWER = Label("reviewer")


def why(room: Room, command: Command, alias: Alias = REV) -> list[str]:
    """Why the first record that follows from `command` concerns `alias`; an empty list when it does not."""
    found = concern(room.do(command)[0], alias, room.state)
    return [] if found is None else [reason.value for reason in found.reasons]


def test_a_call_in_the_text_and_an_address_are_reasons() -> None:
    room = furnished()
    assert why(room, Post(OPS, "@rev look")) == ["mention"]
    assert why(room, Post(OPS, "look", to=("rev",))) == ["to"]
    assert why(room, Post(OPS, "look", to=("all",))) == ["to"]
    assert why(room, Post(OPS, "@rev look", to=("rev", "doc"))) == ["mention", "to"]


def test_a_role_is_a_reason_for_whoever_had_it_when_it_was_written_to() -> None:
    room = furnished()
    room.do(SetLabels(OPS, REV, (REVIEWER,)))
    record = room.do(Post(OPS, "look", to=("role:reviewer",)))[0]
    room.do(SetLabels(OPS, REV, ()))
    room.do(SetLabels(OPS, DOC, (REVIEWER,)))
    found = concern(record, REV, room.state)
    assert found is not None
    assert [reason.value for reason in found.reasons] == ["role"]
    assert concern(record, DOC, room.state) is None
    assert why(room, Post(OPS, "look", to=("doc", "role:reviewer")), DOC) == ["to", "role"]


def test_an_answer_that_is_asked_for_concerns_those_who_are_called_and_nobody_else() -> None:
    room = furnished()
    assert why(room, Post(OPS, "@rev which branch?", needs_reply=True)) == ["mention", "need_reply"]
    assert why(room, Post(OPS, "which branch?", needs_reply=True)) == []


def test_an_answer_calls_whoever_needed_it_and_thanks_for_it_call_nobody() -> None:
    room = furnished()
    question = room.do(Post(OPS, "which branch?", to=("rev",), needs_reply=True))[0]
    assert why(room, Post(REV, "main", reply_to=question.id), OPS) == ["answer"]
    assert room.records[-1].mentions == (OPS,)
    assert why(room, Post(OPS, "thanks", reply_to=room.records[-1].id)) == []
    assert why(room, Post(REV, "@ops main", reply_to=question.id, to=("ops",)), OPS) == ["mention", "to", "answer"]
    assert why(room, Post(DOC, "nobody asked me", reply_to=question.id), OPS) == []


def test_an_answer_calls_nobody_who_took_the_question_back_or_was_removed() -> None:
    room = furnished()
    question = room.do(Post(DOC, "which branch?", to=("rev",), needs_reply=True))[0]
    answer = room.do(Post(REV, "main", reply_to=question.id))[0]
    room.do(Retract(DOC, question.id))
    found = concern(answer, DOC, room.state)
    assert found is not None
    assert [reason.value for reason in found.reasons] == ["answer"]
    assert room.do(Post(REV, "as I said", reply_to=question.id))[0].mentions == ()
    other = room.do(Post(DOC, "which port?", to=("rev",), needs_reply=True))[0]
    room.do(Remove(OPS, DOC))
    assert room.do(Post(REV, "8787", reply_to=other.id))[0].mentions == ()


def test_the_start_of_a_session_concerns_everybody_but_who_started_it() -> None:
    room = furnished()
    start = room.do(StartSession(OPS))[0]
    assert [alias for alias in room.state.participants if concern(start, alias, room.state)] == [REV, DOC, ANN, EYE]
    end = room.do(EndSession(OPS))[0]
    assert not [alias for alias in room.state.participants if concern(end, alias, room.state)]


def test_a_task_concerns_whom_it_is_given_to() -> None:
    room = furnished()
    assert why(room, AddTask(OPS, "look at the parser", assignee=REV)) == ["task"]
    assert why(room, AddTask(OPS, "look at @rev", assignee=DOC)) == []
    assert why(room, AddTask(REV, "my own", assignee=REV)) == []


def test_a_contract_concerns_whom_a_version_of_it_breaks() -> None:
    room = furnished()
    put = ContractPut(OPS, ContractName("api"), 2, Format.JSON_SCHEMA, "{}", "", None, (REV,))
    note = Scribe(room.state, now=room.now).note("ops put contract api v2; @rev: please acknowledge v2", put)
    found = concern(note, REV, room.state)
    assert found is not None
    assert [reason.value for reason in found.reasons] == ["contract"]
    assert concern(note, DOC, room.state) is None


def test_talk_comings_and_goings_and_names_concern_nobody() -> None:
    room = furnished()
    for command in (
        Post(OPS, "hello"),
        Post(OPS, "`@rev` is a name, and so is\n```\n@rev\n```"),
        Join(DOC),
        Leave(DOC),
        SetProfile(DOC, "@rev look here"),
        SetBrief(OPS, "@rev do this"),
        SetLabels(OPS, REV, (REVIEWER,)),
        Post(REV, "@rev to myself", to=("rev",)),
    ):
        assert why(room, command) == [], command


def test_what_was_taken_back_concerns_nobody_nor_does_anything_whoever_was_removed() -> None:
    room = furnished()
    one, two = (room.do(Post(OPS, "@rev look"))[0] for _ in range(2))
    room.do(Retract(OPS, one.id))
    assert concern(one, REV, room.state) is None
    assert concern(two, REV, room.state) is not None
    room.do(Remove(OPS, REV))
    assert concern(two, REV, room.state) is None


@given(st.text(alphabet="@`rev doc-_\nx", max_size=40), st.sets(st.sampled_from(["rev", "doc", "all"])))
def test_a_message_concerns_exactly_those_it_mentions_but_its_author(text: str, to: set[str]) -> None:
    room = furnished()
    record = room.do(Post(DOC, f"x {text}", to=tuple(sorted(to))))[0]
    concerned = {alias for alias in room.state.participants if concern(record, alias, room.state)}
    assert concerned == {*record.mentions} - {DOC}
