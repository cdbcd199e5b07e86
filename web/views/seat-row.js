// @ts-check
/** One seat of the roster in one line; more of it when pressed. */

import { attendance, isAsleep, isHere, isWorking } from "../attendance.js";
import { element, fill } from "../dom.js";
import { aged } from "../seat-age.js";
import { distinctName } from "../names.js";
import { face } from "./message.js";

/** @import { Room, Seat } from "../shapes.js" */

export class SeatRow {
  #look = "";
  #button;

  /** @param {() => void} onOpen */
  constructor(onOpen) {
    this.#button = element("button", { type: "button", class: "seat", "aria-haspopup": "dialog", click: onOpen });
    this.node = element("li", {}, this.#button);
  }

  /**
   * @param {Seat} seat
   * @param {Room} room
   */
  show(seat, room) {
    const isPaused = room.paused.includes(seat.alias);
    const name = distinctName(room, seat.alias);
    const about = [seat.alias === room.me ? "you" : seat.role === "guest" ? null : seat.role, ...(seat.labels ?? [])].filter(Boolean).join(", ");
    const state = isPaused ? "paused" : shortState(seat);
    const whole = attendance(aged(seat), room);
    const look = JSON.stringify([name, about, seat.kind, state, whole]);
    if (look === this.#look) return;
    this.#look = look;
    this.node.dataset.state = isPaused ? "paused" : seat.attendance_state;
    this.node.dataset.here = String(isHere(seat));
    this.#button.title = `${seat.alias}, ${seat.kind}: ${whole}`;
    fill(
      this.#button,
      face(name, { alias: seat.alias, kind: seat.kind }),
      element("bdi", { class: "name" }, name),
      element("span", { class: "unseen" }, ` ${seat.kind}, `),
      about && element("span", { class: "about" }, about),
      element("span", { class: "state" }, state),
    );
  }
}

/** @param {Seat} seat */
function shortState(seat) {
  if (isWorking(seat)) return "working";
  if (isHere(seat)) return seat.kind === "agent" ? "listening" : "here";
  if (!seat.has_joined && seat.attendance_state === "manual") return "invited";
  if (seat.attendance_state === "stale") return "quiet";
  if (seat.attendance_state === "standby") return "standing by";
  return isAsleep(seat) ? "cannot be woken" : "away";
}
