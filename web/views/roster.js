// @ts-check
/** Who has a seat in the room, one line each: who is here, who is not, and whether anything reaches them there. */

import { isHere, present } from "../attendance.js";
import { arrange, element, fill } from "../dom.js";
import { SeatRow } from "./seat-row.js";

/** @import { Room, Seat } from "../shapes.js" */
/** @import { Item } from "./menu.js" */
/** @import { Participant } from "./participant.js" */

const TICK_SECONDS = 20; // an age in minutes is right to the minute, or nearly

export class Roster {
  /** @type {Map<string, SeatRow>} */
  #rows = new Map();
  /** @type {Participant | null} */
  #asked = null;
  /** @type {Room | null} */
  #room = null;
  #here = new Group("Here");
  #elsewhere = new Group("Not here");
  node = element(
    "section",
    { class: "roster", "aria-labelledby": "roster-title" },
    element("h2", { id: "roster-title" }, "People and agents"),
    this.#here.node,
    this.#elsewhere.node,
  );

  /**
   * @param {{itemsOf: (seat: Seat) => readonly Item[], dialogs: () => Promise<{Participant: typeof Participant} | null>}} actions
   *   `itemsOf`: what its reader may do to a seat; `dialogs`: those of the room, null when they cannot be had
   */
  constructor({ itemsOf, dialogs }) {
    this.itemsOf = itemsOf;
    this.dialogs = dialogs;
    setInterval(() => this.#room && !document.hidden && this.show(this.#room), TICK_SECONDS * 1000);
  }

  /** @param {Room} room */
  show(room) {
    this.#room = room;
    const seats = present(room).sort((one, other) => rank(one) - rank(other) || one.alias.localeCompare(other.alias));
    const kept = this.#rows;
    this.#rows = new Map(seats.map((seat) => [seat.alias, kept.get(seat.alias) ?? new SeatRow(() => void this.#ask(seat.alias))]));
    for (const seat of seats) this.#rows.get(seat.alias)?.show(seat, room);
    this.#here.show(this.#rowsOf(seats.filter(isHere)));
    this.#elsewhere.show(this.#rowsOf(seats.filter((seat) => !isHere(seat))));
    this.#asked?.show(room);
  }

  /** @param {readonly Seat[]} seats */
  #rowsOf = (seats) => seats.flatMap((seat) => this.#rows.get(seat.alias)?.node ?? []);

  /** @param {string} alias */
  async #ask(alias) {
    const dialogs = await this.dialogs();
    if (!dialogs || !this.#room) return;
    this.#asked = new dialogs.Participant(alias, this.#room, this.itemsOf);
    await this.#asked.open();
    this.#asked = null;
  }
}

/** Some of the seats, with their number. */
class Group {
  #count = element("span", { class: "count" });
  #list = element("ul", { class: "seats" });

  /** @param {string} title */
  constructor(title) {
    this.node = element("div", { class: "group" }, element("h3", {}, `${title} `, this.#count), this.#list);
  }

  /** @param {readonly Element[]} rows */
  show(rows) {
    this.node.hidden = rows.length === 0;
    fill(this.#count, String(rows.length));
    arrange(this.#list, rows);
  }
}

/** @param {Room} room */
export const hereCount = (room) => present(room).filter(isHere).length;

/**
 * People before agents; who has come before who is only invited.
 *
 * @param {Seat} seat
 */
const rank = (seat) => (seat.has_joined || seat.attendance_state !== "manual" ? 0 : 2) + (seat.kind === "human" ? 0 : 1);
