// @ts-check
/** The head of the room: its name, whether it is open, how long it lasts, who is here, and the host's way to end it. */

import { duration } from "../clock.js";
import { element, fill } from "../dom.js";
import { hereCount } from "./roster.js";

/** @import { Room } from "../shapes.js" */

export class Header {
  #name = element("h1");
  #state = element("span", { class: "pill", role: "status" });
  #time = element("span", { class: "time-left" });
  #people;
  #close;

  /** @param {{onPeople: () => void, onClose: () => void}} actions */
  constructor({ onPeople, onClose }) {
    this.#people = element("button", { type: "button", class: "people", "aria-controls": "side", click: onPeople });
    this.#close = element("button", { type: "button", class: "danger close", hidden: true, click: onClose }, "Close room");
    this.node = element(
      "header",
      { class: "header" },
      element("div", { class: "title" }, this.#name, this.#state, this.#time),
      element("div", { class: "actions" }, this.#people, this.#close),
    );
  }

  /**
   * @param {Room} room
   * @param {boolean} isSideOpen
   */
  show(room, isSideOpen) {
    fill(this.#name, room.id);
    fill(this.#state, room.isOpen ? "Open" : "Closed");
    this.#state.dataset.state = room.isOpen ? "open" : "closed";
    fill(this.#time, timeLeft(room));
    fill(this.#people, `${hereCount(room)} here`);
    this.#people.setAttribute("aria-expanded", String(isSideOpen));
    this.#people.setAttribute("aria-label", `${hereCount(room)} here: people and brief`);
    this.#close.hidden = !(room.isHost && room.isOpen);
  }
}

/** @param {Room} room */
function timeLeft(room) {
  if (!room.isOpen || room.expiresAt === null) return null;
  const left = new Date(room.expiresAt).getTime() - Date.now();
  return left > 0 ? `closes in ${duration(left)}` : "closing";
}
