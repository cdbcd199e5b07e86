// @ts-check
/** The timeline: rows in order, what is on its way at the end. It follows the end for who is there, and stands still for who reads. */

import { element, fill } from "../dom.js";
import { Unread } from "../unread.js";
import { DraftRows } from "./draft.js";
import { Edge } from "./edge.js";
import { Jumps } from "./jumps.js";
import { Marks } from "./marks.js";
import { MessageMenu } from "./message-menu.js";
import { Roving } from "./roving.js";
import { Rows } from "./rows.js";
import { ScrollAnchor } from "./scroll-anchor.js";

/** @import { Log, Side } from "../log.js" */
/** @import { Place } from "../places.js" */
/** @import { Draft, Message, MessageDelivery, Room } from "../shapes.js" */

const END_PIXELS = 100; // so near the end counts as at the end
const PINNED_PIXELS = 2; // a scroll position is rounded
const NEAR_SCREENS = 1.5; // from an end of what is loaded: the next page comes before the reader does
const NEAR_PIXELS_MAX = 2500; // so that the rows that are kept always reach farther than this, on both sides
const CONTEXT_SHARE = 0.25; // of the screen, above what is new
const FOUND_SECONDS = 3;

/**
 * @typedef {object} Actions
 * @property {(record: Message) => void} onReply
 * @property {(record: Message) => void} onCopyLink
 * @property {(record: Message) => void} onReaders
 * @property {(record: Message) => void} onDelivery
 * @property {(record: Message) => void} onRetract
 * @property {(id: string) => void} onRetry
 * @property {(id: string) => void} onEdit
 * @property {(id: string) => void} onDiscard
 * @property {(id: number) => void} onSeen everything through this record is on screen
 * @property {() => number} seenId everything through this record was seen, here or elsewhere
 * @property {(side: Side, eyeId: () => number) => void} onReach the reader comes near an end of what is loaded
 * @property {(id: number) => Promise<boolean>} onFind have this record loaded and shown; false: there is none
 * @property {(side: Side) => Promise<boolean>} onFar have the beginning or the end of the room loaded and shown
 * @property {(from: Place, id: number) => void} onJumped
 * @property {() => void} onEnded the reader came to the end
 * @property {() => void} onLeave the reader wants to write
 * @property {(id: number) => Message | null} quoted
 * @property {() => ReadonlyMap<number, MessageDelivery>} deliveries what became of the reader's own messages
 */

export class Timeline {
  isFollowing = true;
  #isPinned = true; // to the very end: what grows there pushes what is above it up
  #tail = ""; // what stands at the end
  /** @type {Log | null} */
  #log = null;
  #drafts;
  #empty = element("p", { class: "empty" });
  #isSettling = false;

  /**
   * @param {Actions} actions
   * @param {{readId: number, me: string}} reader
   */
  constructor(actions, reader) {
    this.actions = actions;
    this.#drafts = new DraftRows(actions);
    this.unread = new Unread(reader);
    this.rows = new Rows({ ...actions, onJump: (id) => void this.goTo(id), onFold: (id, isFolded) => this.#fold(id, isFolded) });
    this.menu = new MessageMenu(this.rows, actions);
    this.earlier = new Edge("earlier", () => this.#reach("start"));
    this.later = new Edge("later", () => this.#reach("end"));
    const log = element("div", { role: "log", "aria-live": "off", "aria-label": "Timeline", class: "column" });
    this.scroller = element("div", { class: "scroller", scroll: () => this.#scrolled() }, log);
    this.marks = new Marks(this.rows, this.scroller, actions);
    this.anchor = new ScrollAnchor(this.scroller, this.rows);
    log.append(this.anchor.pad, this.earlier.node, this.#empty, this.rows.node, this.later.node, this.#drafts.node);
    this.roving = new Roving(this.rows, this.scroller, {
      onStart: () => void this.#toFar("start"),
      onEnd: () => void this.#toFar("end"),
      onLeave: actions.onLeave,
      onMenu: (row) => this.menu.open(row),
    });
    const jumper = { rows: this.rows, unread: this.unread, scroller: this.scroller, isNew: reader.readId === 0 };
    this.jumps = new Jumps(jumper, { onLatest: () => void this.toEnd(), onUnread: () => void this.#toUnread() });
    this.node = element("main", { class: "timeline" }, this.jumps.firstUnread, this.scroller, this.jumps.latest);
    const stay = new ResizeObserver(() => (this.#isPinned ? this.#stick() : this.anchor.restore()));
    for (const watched of [this.scroller, log]) stay.observe(watched);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#lookedAway() : this.#settle()));
  }

  /** How many messages their reader has not seen. */
  get unreadCount() {
    return this.#log ? this.unread.count(this.#log.span, this.#log.beyond) : 0;
  }

  /**
   * @param {Room} room
   * @param {readonly Draft[]} drafts
   * @param {Log} log
   */
  show(room, drafts, log) {
    this.#log = log;
    const { span, edges } = log;
    const hadFocus = this.roving.hasFocus;
    if (!this.#isPinned) this.anchor.follow();
    const tail = `${span.through} ${drafts.map((draft) => draft.id).join()}`;
    const isLonger = tail !== this.#tail;
    this.#tail = tail;
    this.menu.show(room);
    this.unread.see(this.actions.seenId());
    this.rows.show(room, span.records, this.unread.lineId(span));
    this.marks.show(this.actions.deliveries());
    this.earlier.show(edges.start, span.isFirst);
    this.later.show(edges.end, span.isLast);
    fill(this.#empty, log.isSifted ? "There is none so far." : "Nothing has been said yet.");
    this.#empty.hidden = !span.isFirst || !span.isLast || span.records.some((record) => record.type !== "system");
    this.#drafts.show(span.isLast ? drafts : []);
    if (this.#isPinned || (this.isFollowing && isLonger)) this.#stick();
    else this.anchor.restore();
    if (hadFocus && !this.roving.hasFocus) this.roving.settle(this.#lastSeenRow(), true);
    this.#settleSoon();
  }

  /**
   * Records were heard; the log has them.
   *
   * @param {readonly Message[]} records
   * @param {number} before the last record that was heard before them
   */
  heard(records, before) {
    const isSeen = this.isFollowing && !document.hidden;
    let last = before;
    for (const record of records) {
      this.unread.hear(record, { isSeen, before: last });
      last = record.id;
    }
    if (this.#log) this.#log.trim(this.isFollowing ? last : this.anchor.id);
  }

  /**
   * Begin at the record that was linked, at what is new, or at the end.
   *
   * @param {number | null} linkedId
   */
  begin(linkedId) {
    const lineId = this.#log ? this.unread.lineId(this.#log.span) : null;
    if (linkedId !== null && this.rows.get(linkedId)) return this.#mark(linkedId);
    if (lineId === null) return this.#stick();
    this.isFollowing = this.#isPinned = false;
    this.anchor.place(lineId, this.scroller.clientHeight * CONTEXT_SHARE);
    this.#scrolled();
  }

  /** To the end of the room, wherever the reader is. */
  async toEnd() {
    if (!this.#log?.span.isLast && !(await this.actions.onFar("end"))) return;
    this.#stick();
  }

  /**
   * To the record `id`, wherever it is. Back in the browser returns to here.
   *
   * @param {number} id
   * @returns {Promise<boolean>} whether it is there
   */
  async goTo(id) {
    const from = this.place();
    if (!(await this.actions.onFind(id))) return false;
    this.#mark(id);
    this.actions.onJumped(from, id);
    return true;
  }

  /**
   * Where the reader is.
   *
   * @returns {Place}
   */
  place() {
    if (this.isFollowing) return { id: null, offset: null };
    this.anchor.hold();
    return { id: this.anchor.id, offset: this.anchor.offset };
  }

  /** @param {Place} place where the reader was */
  async returnTo({ id, offset }) {
    if (id === null) return this.toEnd();
    if (!(await this.actions.onFind(id))) return;
    if (offset === null) return this.#mark(id);
    this.isFollowing = this.#isPinned = false;
    this.anchor.place(id, offset);
    this.#scrolled();
  }

  /**
   * A dialog over the room is closed and the focus is nowhere, since the menu that asked for it is hidden without it: it goes to
   * the message.
   *
   * @param {number} id
   */
  takeBackFocus(id) {
    const row = document.activeElement === document.body && this.rows.get(id);
    if (row) this.roving.focus(row);
  }

  /** The reader writes: they are at the end, and have seen what they answer. */
  wrote() {
    this.unread.goOn(this.#log?.heardId ?? 0);
    void this.toEnd();
  }

  /** @param {number} id */
  #mark(id) {
    const row = this.rows.nearest(id);
    if (!row) return;
    this.isFollowing = this.#isPinned = false;
    this.anchor.place(id, null);
    this.roving.focus(row);
    row.classList.add("found");
    setTimeout(() => row.classList.remove("found"), FOUND_SECONDS * 1000);
    this.#scrolled();
  }

  /** @param {Side} side */
  async #toFar(side) {
    if (!(await this.actions.onFar(side))) return;
    if (side === "end") this.#stick();
    else this.scroller.scrollTop = 0;
    this.#scrolled();
    const row = side === "end" ? this.rows.order.at(-1) : this.rows.order[0];
    if (row) this.roving.focus(row);
  }

  async #toUnread() {
    const { markId } = this.unread;
    if (markId === null) return this.#toFar("start");
    if (!(await this.actions.onFind(markId + 1)) || !this.#log) return;
    this.isFollowing = this.#isPinned = false;
    this.anchor.place(this.unread.lineId(this.#log.span) ?? markId + 1, this.scroller.clientHeight * CONTEXT_SHARE);
    this.#scrolled();
  }

  /**
   * @param {number} id
   * @param {boolean} isFolded
   */
  #fold(id, isFolded) {
    const row = this.rows.get(id);
    const still = isFolded ? row?.querySelector(".unfold") : row; // what closes does so upwards: the button stays under the hand
    this.isFollowing = this.#isPinned = false;
    if (still) this.anchor.keeping(still, () => this.rows.fold(id, isFolded));
    this.#scrolled();
  }

  #stick() {
    this.isFollowing = this.#isPinned = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    if (!this.#isPinned) this.anchor.follow();
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const wasFollowing = this.isFollowing;
    const pixelsBelow = scrollHeight - scrollTop - clientHeight;
    this.isFollowing = Boolean(this.#log?.span.isLast) && pixelsBelow < END_PIXELS;
    const wasPinned = this.#isPinned;
    this.#isPinned = this.isFollowing && pixelsBelow < PINNED_PIXELS;
    if (wasPinned && !this.#isPinned) this.anchor.hold();
    if (this.isFollowing && !wasFollowing) this.actions.onEnded();
    this.#settleSoon();
  }

  /** Once the page is laid out: what does it show, and is there enough of it? */
  #settleSoon() {
    if (this.#isSettling) return;
    this.#isSettling = true;
    requestAnimationFrame(() => {
      this.#isSettling = false;
      this.#settle();
    });
  }

  #settle() {
    const log = this.#log;
    if (!log || document.hidden || !this.node.isConnected) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const near = Math.min(NEAR_SCREENS * clientHeight, NEAR_PIXELS_MAX);
    if (scrollTop < near && log.edges.start === "rest") this.#reach("start");
    if (scrollHeight - scrollTop - clientHeight < near && log.edges.end === "rest") this.#reach("end");
    const last = this.#lastSeenRow();
    const seenId = this.isFollowing ? log.heardId : Number(last?.dataset.id ?? 0);
    this.unread.see(seenId);
    this.actions.onSeen(seenId);
    this.roving.settle(last, false);
    this.jumps.show(log.span, this);
  }

  #lastSeenRow = () => this.rows.lastAbove(this.scroller.getBoundingClientRect().bottom);

  /** @param {Side} side */
  #reach(side) {
    this.actions.onReach(side, () => (this.isFollowing ? (this.#log?.heardId ?? 0) : this.anchor.id));
  }

  #lookedAway() {
    this.unread.goOn(this.#log?.heardId ?? 0);
  }
}
