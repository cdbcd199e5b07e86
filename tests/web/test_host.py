"""What the host does to a room from the browser: each asked for, each with a visible result, none of it for guests."""

from __future__ import annotations

import subprocess
from dataclasses import replace

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.people import Somebody, enter, person
from tests.qr_codes import seen
from tests.web.rooms import PAINTED, choose

MODULE_PIXELS = 4


def handed(dialog: Locator, what: str) -> str:
    return dialog.get_by_label(what, exact=True).input_value()


def about(page: Page, name: str) -> Locator:
    """The dialog of one participant."""
    page.locator(".roster").get_by_role("button", name=name).click()
    return page.locator("dialog[open]").last


def told(page: Page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)


def test_a_guest_is_offered_nothing_that_only_the_host_may_do(page: Page, host: Somebody) -> None:
    host.invite("rev", "agent")
    mira = host.invite("mira", "human")
    enter(page, mira, name="Mira Holm")
    expect(page.get_by_role("button", name="Invite", exact=True)).to_be_hidden()
    labels = page.get_by_role("menuitem", include_hidden=True).all_inner_texts()
    assert not any(word in " ".join(labels) for word in ("Invite", "Close", "brief", "Policy", "Extend"))
    expect(about(page, "rev").get_by_role("button")).to_have_text(["✕", "Only messages of rev"])


def test_a_person_is_invited_by_a_link_or_by_a_phone_that_looks_at_it(
    browser: Browser, page: Page, host: Somebody
) -> None:
    enter(page, host)
    page.get_by_role("button", name="Invite", exact=True).click()
    dialog = page.get_by_role("dialog", name="Invite somebody")
    expect(dialog.get_by_label("Alias")).to_be_focused()
    page.keyboard.type("mira")
    dialog.get_by_label("The link works for").select_option("7 days")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="mira is invited")
    expect(dialog).to_contain_text("It works until")
    expect(dialog).to_contain_text("shown only now")
    link = handed(dialog, "The link")
    rows = dialog.get_by_role("img").evaluate(PAINTED)
    assert seen(rows) == link
    box = dialog.get_by_role("img").bounding_box()
    assert box is not None
    assert box["width"] / len(rows) >= MODULE_PIXELS - 1  # large enough for a camera
    page.mouse.click(4, 4)  # what cannot be seen again does not go by a slip
    dialog.get_by_role("button", name="Done").click()
    told(page, "mira is invited")
    expect(page.get_by_role("button", name="Invite", exact=True)).to_be_focused()
    token = link.partition("#token=")[2]
    assert token not in page.content()
    with person(browser) as other:
        enter(other, replace(host, token=token), name="Mira Holm")
    seats = {seat["alias"]: seat for seat in host.ask("GET", "/status")["participants"]}
    assert (seats["mira"]["kind"], seats["mira"]["role"]) == ("human", "guest")


def test_an_agent_is_invited_by_a_command_that_runs_as_it_stands(page: Page, host: Somebody) -> None:
    enter(page, host)
    dialog = choose(page, "Invite somebody")
    dialog.get_by_label("Alias").fill("rev")
    expect(dialog.get_by_label("How you wish it is reached")).to_be_hidden()
    dialog.get_by_label("An agent").check()
    dialog.get_by_label("How you wish it is reached").select_option("what concerns it wakes it")
    dialog.get_by_label("What they do").fill("reviewer,  docs")
    dialog.get_by_label("Read only").check()
    dialog.get_by_role("button", name="Invite", exact=True).click()
    dialog = page.get_by_role("dialog", name="rev is invited")
    command = handed(dialog, "A command that fetches the agent's card")
    card = subprocess.run(["bash"], input=command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert "rev" in card
    assert "harbor" in card
    seats = {seat["alias"]: seat for seat in host.ask("GET", "/status")["participants"]}
    assert (seats["rev"]["kind"], seats["rev"]["role"]) == ("agent", "observer")
    assert (seats["rev"]["labels"], seats["rev"]["requested_mode"]) == (["reviewer", "docs"], "wake_on_event")


def test_what_the_room_refuses_an_invitation_for_is_said_where_it_was_asked(page: Page, host: Somebody) -> None:
    enter(page, host)
    old = host.invite("mira", "human")
    dialog = choose(page, "Invite somebody")
    invite = dialog.get_by_role("button", name="Invite", exact=True)
    refusal = dialog.get_by_role("alert")
    dialog.get_by_label("Alias").fill("Not An Alias")
    invite.click()
    expect(refusal).to_contain_text("lowercase letters, digits and hyphens")
    dialog.get_by_label("The link works for").select_option("another length…")
    dialog.get_by_label("How long").fill("soon")
    dialog.get_by_label("Alias").fill("mira")
    invite.click()
    expect(refusal).to_contain_text("'soon' is none")
    dialog.get_by_label("How long").fill("1h30m")
    invite.click()
    expect(refusal).to_contain_text("already has a seat")
    dialog.get_by_label("Give this seat a new link").check()
    invite.click()
    link = handed(page.get_by_role("dialog", name="mira is invited"), "The link")
    assert old.token not in link
    assert replace(host, token=link.partition("#token=")[2]).ask("GET", "/status")["me"] == "mira"


def test_a_link_is_copied_and_where_the_clipboard_is_closed_it_stands_selected(
    browser: Browser, host: Somebody
) -> None:
    with browser.new_context() as context, context.new_page() as page:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        enter(page, host)
        dialog = choose(page, "Invite somebody")
        dialog.get_by_label("Alias").fill("mira")
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="mira is invited")
        link = handed(dialog, "The link")
        copy = dialog.get_by_role("button", name="Copy: The link")
        expect(copy).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == link
        page.evaluate("navigator.clipboard.writeText('')")
        page.evaluate(
            "void (navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')))"
        )
        copy.click()
        expect(dialog.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == link  # the older way
        page.evaluate("void (document.execCommand = () => false)")
        copy.click()
        expect(dialog.get_by_text("It is selected: press Ctrl+C")).to_be_visible()
        assert (
            page.evaluate(
                "document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)"
            )
            == link
        )


def test_a_seat_is_given_a_new_link_and_the_old_one_ends(page: Page, host: Somebody) -> None:
    old = host.invite("mira", "human")
    enter(page, host)
    dialog = about(page, "mira")
    dialog.get_by_role("button", name="New link").click()
    asked = page.get_by_role("alertdialog", name="A new link for mira?")
    asked.get_by_role("button", name="Cancel").click()
    assert old.ask("GET", "/status")["me"] == "mira"
    dialog.get_by_role("button", name="New link").click()
    asked.get_by_role("button", name="Make a new link").click()
    link = handed(page.get_by_role("dialog", name="The new link for mira"), "The link")
    assert replace(host, token=link.partition("#token=")[2]).ask("GET", "/status")["me"] == "mira"
    page.get_by_role("button", name="Done").click()
    told(page, "mira has a new link")
    page.goto(old.link)
    expect(page.get_by_role("heading")).to_have_text("Your invitation does not open this room")


def test_somebody_is_removed_after_a_question(page: Page, host: Somebody) -> None:
    rev = host.invite("rev", "agent")
    rev.ask("POST", "/join", {})
    enter(page, host)
    about(page, "rev").get_by_role("button", name="Remove").click()
    asked = page.get_by_role("alertdialog", name="Remove rev?")
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    asked.get_by_role("button", name="Remove", exact=True).click()
    told(page, "rev was removed")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".roster")).not_to_contain_text("rev")
    seats = {seat["alias"]: seat for seat in host.ask("GET", "/status")["participants"]}
    assert seats["rev"]["removed_at"]


def test_the_host_cannot_be_asked_to_remove_themselves(page: Page, host: Somebody) -> None:
    enter(page, host)
    expect(about(page, "ops").get_by_role("button")).to_have_text(["✕", "Only messages of mine", "Labels…"])
