// @ts-check
/** The head of the room: its name, whether it is open, how long it lasts, who is here, and what can be done to it. */

import { duration } from "../clock.js";
import { element, fill } from "../dom.js";
import { Menu } from "./menu.js";
import { hereCount } from "./roster.js";

/** @import { Room } from "../shapes.js" */
/** @import { Item } from "./menu.js" */

export class Header {
  #name = element("h1");
  #state = element("span", { class: "pill", role: "status" });
  #time = element("span", { class: "time-left" });
  #people;
  #invite;
  #menu = new Menu("Room");

  /** @param {{onPeople: () => void, onInvite: () => void}} actions */
  constructor({ onPeople, onInvite }) {
    this.#invite = element("button", { type: "button", class: "invite", hidden: true, click: onInvite }, "Invite");
    this.#people = element("button", { type: "button", class: "people", "aria-controls": "side", click: onPeople });
    this.node = element(
      "header",
      { class: "header" },
      element("div", { class: "title" }, this.#name, this.#state, this.#time),
      element("div", { class: "actions" }, this.#people, this.#invite, this.#menu.node),
    );
  }

  /**
   * @param {Room} room
   * @param {{isSideOpen: boolean, items: readonly Item[]}} around `items`: what the menu of the room offers
   */
  show(room, { isSideOpen, items }) {
    fill(this.#name, room.id);
    fill(this.#state, room.isOpen ? "Open" : "Closed");
    this.#state.dataset.state = room.isOpen ? "open" : "closed";
    fill(this.#time, timeLeft(room));
    fill(this.#people, `${hereCount(room)} here`);
    this.#people.setAttribute("aria-expanded", String(isSideOpen));
    this.#people.setAttribute("aria-label", `${hereCount(room)} here: people and brief`);
    this.#invite.hidden = !(room.isHost && room.isOpen);
    this.#menu.offer(items);
  }
}

/** @param {Room} room */
function timeLeft(room) {
  if (!room.isOpen || room.expiresAt === null) return null;
  const left = new Date(room.expiresAt).getTime() - Date.now();
  return left > 0 ? `closes in ${duration(left)}` : "closing";
}
