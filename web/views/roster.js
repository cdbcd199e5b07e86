// @ts-check
/** Who has a seat in the room, and in honest words whether anybody sits in it. */

import { duration } from "../clock.js";
import { element, fill } from "../dom.js";
import { face } from "./message.js";

/** @import { Room, Seat } from "../shapes.js" */

export class Roster {
  #list = element("ul", { class: "seats" });
  node = element("section", { class: "roster", "aria-labelledby": "roster-title" }, element("h2", { id: "roster-title" }, "People and agents"), this.#list);

  /** @param {Room} room */
  show(room) {
    const seats = present(room).sort((one, other) => rank(one) - rank(other) || one.alias.localeCompare(other.alias));
    fill(this.#list, ...seats.map((seat) => row(seat, room)));
  }
}

/** @param {Room} room */
export const hereCount = (room) => present(room).filter(isHere).length;

/** @param {Room} room */
const present = (room) => [...room.roster.values()].filter((seat) => !seat.removed_at);

/** @param {Seat} seat */
const isHere = (seat) => seat.attendance_state === "attending" || seat.attendance_state === "managed";

/** @param {Seat} seat */
const rank = (seat) => (isHere(seat) ? 0 : seat.has_joined ? 1 : 2);

/**
 * @param {Seat} seat
 * @param {Room} room
 */
function row(seat, room) {
  const name = seat.display_name ?? seat.alias;
  const about = [seat.alias !== name && seat.alias, seat.kind, seat.role !== "guest" && seat.role, seat.alias === room.me && "you"];
  return element(
    "li",
    { "data-state": seat.attendance_state, "data-here": isHere(seat) },
    face(name, { alias: seat.alias, kind: seat.kind }),
    element(
      "div",
      {},
      element("bdi", { class: "name" }, name),
      element("span", { class: "about" }, about.filter(Boolean).join(" · ")),
      element("span", { class: "state" }, presence(seat, room)),
    ),
  );
}

/**
 * @param {Seat} seat
 * @param {Room} room
 */
function presence(seat, room) {
  const paused = room.paused.includes(seat.alias) ? " · paused until a person speaks" : "";
  const ago = `${duration(seat.last_seen_age_ms)} ago`;
  /** @type {Record<string, string>} */
  const words = {
    attending: "listening now",
    managed: "listening now",
    stale: `not heard from for ${duration(seat.last_seen_age_ms)}`,
    not_attending: "expected, and not listening",
    away: `left, last seen ${ago}`,
    standby: "standing by",
    manual: seat.has_joined ? `last seen ${ago}` : "invited, has not joined yet",
  };
  return (words[seat.attendance_state] ?? seat.attendance_state) + paused;
}
