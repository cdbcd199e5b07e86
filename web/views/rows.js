// @ts-check
/** The rows of the timeline, one a record, with the days between them and the line above what is new. */

import { date, day, fullDay, isSameDay } from "../clock.js";
import { arrange, element } from "../dom.js";
import { distinctName } from "../names.js";
import { followInnerLinks } from "./inner-links.js";
import { messageRow, noteRow } from "./message.js";
import { unreach } from "./roving.js";

/** @import { Message, Room } from "../shapes.js" */

const CONTINUED_MS_MAX = 5 * 60_000;

/** @typedef {{look: string, row: HTMLElement, dayLook: string, separator: HTMLElement | null}} Known */

/**
 * @typedef {object} Actions
 * @property {(record: Message) => void} onReply
 * @property {(id: number) => void} onJump
 * @property {(id: number, isFolded: boolean) => void} onFold
 * @property {(id: number) => Message | null} quoted a message that is not among the rows
 */

export class Rows {
  node = element("div", { class: "rows" });
  /** @type {HTMLElement[]} rows of records, in order */
  order = [];
  /** @type {Map<number, Known>} */
  #known = new Map();
  /** @type {Map<number, Message>} */
  #records = new Map();
  /** @type {Set<number>} long messages that the reader opened */
  #unfolded = new Set();
  /** @type {Map<string, string>} */
  #names = new Map();
  /** @type {Map<string, Element>} the rows of each day: its name stays in sight as long as they do, and no longer */
  #days = new Map();
  #line = element("div", { class: "new-line", role: "separator", "aria-label": "New" }, element("span", {}, "New"));

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    followInnerLinks(this.node, actions.onJump);
  }

  /**
   * @param {Room} room
   * @param {readonly Message[]} records
   * @param {number | null} lineId the record above which the line of what is new stands
   */
  show(room, records, lineId) {
    const kept = this.#known;
    const now = new Date();
    /** @type {Map<string, Element[]>} */
    const days = new Map();
    /** @type {Element[]} */
    let nodes = [];
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#known = new Map();
    this.#names = new Map();
    this.order = [];
    records.forEach((record, place) => {
      const before = records[place - 1];
      const known = this.#knownOf(record, { room, before, now, kept: kept.get(record.id), isAfterLine: record.id === lineId });
      this.#known.set(record.id, known);
      this.order.push(known.row);
      if (known.separator) {
        nodes = [known.separator];
        const name = date(record.ts);
        days.set(days.has(name) ? `${name} ${record.id}` : name, nodes); // a clock that was put back has a day twice
      }
      if (record.id === lineId) nodes.push(this.#line);
      nodes.push(known.row);
    });
    this.#arrange(days);
  }

  /** @param {ReadonlyMap<string, readonly Element[]>} days */
  #arrange(days) {
    const kept = this.#days;
    this.#days = new Map();
    for (const [name, nodes] of days) {
      const rows = kept.get(name) ?? element("div");
      arrange(rows, nodes);
      this.#days.set(name, rows);
    }
    arrange(this.node, [...this.#days.values()]);
  }

  /** @param {number} id */
  get = (id) => this.#known.get(id)?.row ?? null;

  /** @param {number} id */
  record = (id) => this.#records.get(id) ?? null;

  /** The line above what is new, null while there is none. */
  get line() {
    return this.#line.isConnected ? this.#line : null;
  }

  /**
   * The row of `id`, or of the first record after it, or the last one.
   *
   * @param {number} id
   */
  nearest(id) {
    return this.get(id) ?? this.order[this.#first((row) => Number(row.dataset.id) >= id)] ?? this.order.at(-1) ?? null;
  }

  /**
   * The first row that begins between `top` and `bottom` of the window, else the one that covers `top`.
   *
   * @param {number} top
   * @param {number} bottom
   */
  underEye(top, bottom) {
    const covering = this.#first((row) => row.getBoundingClientRect().bottom > top);
    const row = this.order[covering];
    const next = this.order[covering + 1];
    if (!row || row.getBoundingClientRect().top >= top || !next) return row ?? this.order.at(-1) ?? null;
    return next.getBoundingClientRect().top < bottom ? next : row;
  }

  /**
   * The last row that ends above `bottom` of the window, or covers it.
   *
   * @param {number} bottom
   */
  lastAbove(bottom) {
    const below = this.#first((row) => row.getBoundingClientRect().bottom > bottom + 1);
    const covers = this.order[below]?.getBoundingClientRect();
    const isFilled = covers && covers.top < bottom - covers.height / 2; // most of it was on screen
    return this.order[isFilled ? below : below - 1] ?? null;
  }

  /**
   * Show a long message whole, or its beginning.
   *
   * @param {number} id
   * @param {boolean} isFolded
   */
  fold(id, isFolded) {
    if (isFolded) this.#unfolded.delete(id);
    else this.#unfolded.add(id);
    const row = this.get(id);
    row?.toggleAttribute("data-folded", isFolded);
    const button = row?.querySelector(".unfold");
    if (!button) return;
    button.textContent = isFolded ? "Show more" : "Show less";
    button.setAttribute("aria-expanded", String(!isFolded));
  }

  /**
   * The place of the first row for which `holds`, as for all after it: rows are in order from top to bottom.
   *
   * @param {(row: HTMLElement) => boolean} holds
   */
  #first(holds) {
    let [low, high] = [0, this.order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.order[middle];
      if (row && holds(row)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /**
   * @param {Message} record
   * @param {{room: Room, before: Message | undefined, now: Date, kept: Known | undefined, isAfterLine: boolean}} around
   * @returns {Known}
   */
  #knownOf(record, { room, before, now, kept, isAfterLine }) {
    const isContinued = !isAfterLine && continues(before, record);
    const look = this.#look(record, room, isContinued);
    const row = kept?.look === look ? kept.row : this.#row(record, room, isContinued);
    if (row !== kept?.row) unreach(row);
    if (before && isSameDay(before.ts, record.ts)) return { look, row, dayLook: "", separator: null };
    const dayLook = day(record.ts, now);
    const separator = kept?.separator && kept.dayLook === dayLook ? kept.separator : dayRow(record, dayLook);
    return { look, row, dayLook, separator };
  }

  /**
   * All that a row shows beside its record, as text: a row is built anew when it differs.
   *
   * @param {Message} record
   * @param {Room} room
   * @param {boolean} isContinued
   */
  #look(record, room, isContinued) {
    if (record.from === "system") return "";
    const seat = room.roster.get(record.from);
    const quoted = record.reply_to === undefined ? null : this.#quoted(record.reply_to);
    const shown = quoted && `${quoted.id},${quoted.retracted},${this.#name(room, quoted.from)}`;
    return [record.retracted, isContinued, this.#name(room, record.from), seat?.kind, shown, room.isOpen, room.mayPost].join();
  }

  /**
   * @param {Room} room
   * @param {string} alias
   */
  #name(room, alias) {
    const name = this.#names.get(alias) ?? distinctName(room, alias);
    this.#names.set(alias, name);
    return name;
  }

  /** @param {number} id */
  #quoted = (id) => this.#records.get(id) ?? this.actions.quoted(id);

  /**
   * @param {Message} record
   * @param {Room} room
   * @param {boolean} isContinued
   */
  #row(record, room, isContinued) {
    if (record.from === "system") return noteRow(record);
    const quoted = record.reply_to === undefined ? null : this.#quoted(record.reply_to);
    return messageRow(record, { ...this.actions, room, isContinued, quoted, isUnfolded: this.#unfolded.has(record.id) });
  }
}

/**
 * @param {Message | undefined} before
 * @param {Message} record
 */
function continues(before, record) {
  if (before?.from !== record.from || record.type !== "message" || record.reply_to !== undefined) return false;
  const isSoon = new Date(record.ts).getTime() - new Date(before.ts).getTime() < CONTINUED_MS_MAX;
  return isSoon && isSameDay(before.ts, record.ts);
}

/**
 * @param {Message} record
 * @param {string} name
 */
const dayRow = (record, name) => element("div", { class: "day" }, element("time", { datetime: date(record.ts), title: fullDay(record.ts) }, name));
