// @ts-check
/** The timeline: rows in order, days between them, what is on its way at the end; it follows the end for who is there. */

import { day, isSameDay } from "../clock.js";
import { arrange, element, fill } from "../dom.js";
import { shownName } from "../fold.js";
import { DraftRows } from "./draft.js";
import { messageRow, noteRow } from "./message.js";

/** @import { Draft, Message, Room } from "../shapes.js" */

const END_PIXELS = 100; // so near the end counts as at the end
const CONTINUED_MS_MAX = 5 * 60_000;

/**
 * @typedef {object} Actions
 * @property {(record: Message) => void} onReply
 * @property {() => Promise<void>} onEarlier
 * @property {(id: string) => void} onRetry
 * @property {(id: string) => void} onEdit
 * @property {(id: string) => void} onDiscard
 * @property {(id: number) => void} onSeen everything through this record is on screen
 */

export class Timeline {
  isFollowing = true;
  #rows = new Map();
  #list = element("ol", { class: "rows" });
  #drafts;
  #earlier;
  #latest;
  #empty = element("p", { class: "empty" }, "Nothing has been said yet.");
  #scroller;
  #lastId = 0;
  #unseen = 0;

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.#drafts = new DraftRows(actions);
    this.#earlier = element("button", { type: "button", class: "quiet earlier", click: () => void this.#loadEarlier() }, "Show earlier");
    this.#latest = element("button", { type: "button", class: "latest", hidden: true, click: () => this.toEnd() });
    const log = element("div", { role: "log", "aria-label": "Timeline", class: "column" }, this.#earlier, this.#empty, this.#list, this.#drafts.node);
    this.#scroller = element("div", { class: "scroller", tabindex: 0, scroll: () => this.#scrolled() }, log);
    this.node = element("main", { class: "timeline" }, this.#scroller, this.#latest);
    const stay = new ResizeObserver(() => this.isFollowing && this.toEnd());
    for (const watched of [this.#scroller, log]) stay.observe(watched);
  }

  /**
   * @param {Room} room
   * @param {readonly Draft[]} drafts
   */
  show(room, drafts) {
    const newCount = room.records.filter((record) => record.id > this.#lastId && record.from !== room.me).length;
    this.#lastId = room.lastId;
    this.#earlier.hidden = (room.records[0]?.id ?? 1) <= 1;
    this.#empty.hidden = room.records.some((record) => record.type !== "system");
    arrange(this.#list, this.#rowsOf(room));
    this.#drafts.show(drafts);
    if (this.isFollowing) this.toEnd();
    else this.#unseen += newCount;
    this.#showLatest();
  }

  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#scrolled();
  }

  /** @param {Room} room */
  #rowsOf(room) {
    const byId = new Map(room.records.map((record) => [record.id, record]));
    const kept = this.#rows;
    this.#rows = new Map();
    return room.records.flatMap((record, index) => {
      const before = room.records[index - 1];
      const quoted = record.reply_to === undefined ? undefined : byId.get(record.reply_to);
      const isContinued = continues(before, record);
      const name = shownName(room, record.from);
      const look = [record.retracted, isContinued, name, quoted?.id, quoted?.retracted, room.isOpen, room.roster.has(record.from)].join();
      const known = kept.get(record.id);
      const row = known?.look === look ? known.row : this.#row(record, { room, isContinued, quoted });
      const isNewDay = !before || !isSameDay(before.ts, record.ts);
      const separator = isNewDay ? (known?.separator ?? dayRow(record)) : null;
      this.#rows.set(record.id, { look, row, separator });
      return separator ? [separator, row] : [row];
    });
  }

  /**
   * @param {Message} record
   * @param {{room: Room, isContinued: boolean, quoted: Message | undefined}} around
   */
  #row(record, around) {
    if (record.from === "system") return noteRow(record);
    return messageRow(record, { ...around, onReply: this.actions.onReply, onJump: (id) => this.#jump(id) });
  }

  /** @param {number} id */
  #jump(id) {
    const row = this.#rows.get(id)?.row;
    row?.scrollIntoView({ block: "center" });
    row?.classList.add("found");
    setTimeout(() => row?.classList.remove("found"), 2000);
  }

  /** Earlier rows come in above; what the reader looks at stays where it is. */
  async #loadEarlier() {
    const anchor = this.#list.firstElementChild;
    this.#earlier.disabled = true;
    await this.actions.onEarlier();
    this.#earlier.disabled = false;
    anchor?.nextElementSibling?.scrollIntoView({ block: "start" });
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.isFollowing = scrollHeight - scrollTop - clientHeight < END_PIXELS;
    if (this.isFollowing) this.#unseen = 0;
    if (this.isFollowing) this.actions.onSeen(this.#lastId);
    this.#showLatest();
  }

  #showLatest() {
    this.#latest.hidden = this.isFollowing;
    fill(this.#latest, this.#unseen ? `${this.#unseen} new ↓` : "Latest ↓");
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

/** @param {Message} record */
const dayRow = (record) => element("li", { class: "day" }, element("span", {}, day(record.ts, new Date())));
