// @ts-check
/** The head of the room: its name, whether it is open, how long it lasts, what is expected, and what can be done to it. */

import { duration, fullTime } from "../clock.js";
import { element, write } from "../dom.js";
import { shownName } from "../fold.js";
import { policyOf } from "../policies.js";
import { lens } from "./icon.js";
import { Menu } from "./menu.js";
import { hereCount } from "./roster.js";

/** @import { Room } from "../shapes.js" */
/** @import { Item } from "./menu.js" */

const WARNED_MINUTES = 15; // the room says it too, as a note, that long before its end
const TICK_SECONDS = 10;

export class Header {
  /** @type {Room | null} */
  #room = null;
  #name = element("h1");
  #state = element("span", { class: "pill", role: "status" });
  #time = element("span", { class: "time-left" });
  #session = element("span", { class: "session-on" });
  #policy = element("span", { class: "policy" });
  #people;
  #invite;
  #menu = new Menu("Room");

  /** @param {{onPeople: () => void, onInvite: () => void, onFind: () => void, onBoards: () => void, menus: readonly Node[]}} actions `menus`: before its own */
  constructor({ onPeople, onInvite, onFind, onBoards, menus }) {
    const find = element("button", { type: "button", class: "find-button", "aria-label": "Find", title: "Find in the room ( / )", click: onFind }, lens());
    const boards = element("button", { type: "button", class: "boards-button", click: onBoards }, "Boards");
    this.#invite = element("button", { type: "button", class: "invite", hidden: true, click: onInvite }, "Invite");
    this.#people = element("button", { type: "button", class: "people", "aria-controls": "side", click: onPeople });
    this.node = element(
      "header",
      { class: "header" },
      element("div", { class: "title" }, this.#name, this.#state, this.#session, this.#time, this.#policy),
      element("div", { class: "actions" }, find, boards, this.#people, this.#invite, ...menus, this.#menu.node),
    );
    setInterval(() => this.#tick(), TICK_SECONDS * 1000);
  }

  /**
   * @param {Room} room
   * @param {{isSideOpen: boolean, items: readonly Item[]}} around `items`: what the menu of the room offers
   */
  show(room, { isSideOpen, items }) {
    this.#room = room;
    const policy = policyOf(room.policy);
    write(this.#name, room.id);
    write(this.#state, room.isOpen ? "Open" : "Closed");
    this.#state.dataset.state = room.isOpen ? "open" : "closed";
    write(this.#session, room.session ? "Session on" : "");
    this.#session.hidden = !room.session;
    this.#session.title = sessionAbout(room);
    write(this.#policy, policy.label);
    this.#policy.title = policy.about;
    this.#tick();
    write(this.#people, `${hereCount(room)} here`);
    this.#people.setAttribute("aria-expanded", String(isSideOpen));
    this.#people.setAttribute("aria-label", `${hereCount(room)} here: people and brief`);
    this.#invite.hidden = !(room.isHost && room.isOpen);
    this.#menu.offer(items);
  }

  /** The time goes on, whether or not anything is heard. */
  #tick() {
    const { isOpen = false, expiresAt = null } = this.#room ?? {};
    const left = isOpen && expiresAt !== null ? Date.parse(expiresAt) - Date.now() : null;
    this.#time.dataset.state = left !== null && left <= WARNED_MINUTES * 60_000 ? "soon" : "far";
    this.#time.title = left !== null && expiresAt ? fullTime(expiresAt) : "";
    write(this.#time, left === null ? (isOpen ? "no end" : "") : left > 0 ? `closes in ${duration(left)}` : "closing");
  }
}

/** Who called the session that is on, and when; nothing while none is. @param {Room} room */
export function sessionAbout(room) {
  if (!room.session) return "";
  const { by, started_at: since, expected_minutes: minutes } = room.session;
  return `Called by ${shownName(room, by)}, ${fullTime(since)}${minutes ? `; about ${minutes} min were expected` : ""}`;
}
