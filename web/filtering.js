// @ts-check
/** Shows a part of the room, and all of it again. That it is a part stands above it for as long as it is. */

import { dialogs } from "./dialogs.js";
import { ALL, hidesMessages, keepsOf } from "./filter.js";
import { distinctName } from "./names.js";
import { FilterBar } from "./views/filter-bar.js";
import { Menu } from "./views/menu.js";

/** @import { Filter } from "./filter.js" */
/** @import { Session } from "./session.js" */
/** @import { Message, Room, Seat } from "./shapes.js" */
/** @import { Item } from "./views/menu.js" */

export class Filtering {
  /** @type {Filter} */
  filter = ALL;
  #turn = 0; // counts the choices: an older one that is ready late changes nothing
  menu = new Menu("Show");

  /**
   * @param {Session} session
   * @param {{sift: (keeps: ((record: Message) => boolean) | null) => Promise<boolean>, back: () => void,
   *   tell: (text: string) => void}} page `sift`: show only what is kept, whether that could be loaded; `back`: the focus goes to
   *   the timeline
   */
  constructor(session, page) {
    this.session = session;
    this.page = page;
    this.bar = new FilterBar({ onEnd: () => void this.end().then(page.back) });
    this.menu.node.classList.add("show");
  }

  /** Whether what the reader does not see may be unread. */
  get hidesMessages() {
    return hidesMessages(this.filter);
  }

  /** @returns {Item[]} */
  get items() {
    /** @param {string} label @param {Filter} filter */
    const item = (label, filter) => ({
      label,
      ...(this.filter.kind === filter.kind ? { about: "shown now" } : {}),
      onChoose: () => void this.choose(filter),
    });
    return [
      item("Everything", ALL),
      item("Messages only", { kind: "said" }),
      item("Mentions of me", { kind: "mentions" }),
      { label: "One participant…", ...(this.filter.kind === "only" ? { about: "shown now" } : {}), onChoose: () => void this.#ask() },
    ];
  }

  /**
   * @param {Seat} seat
   * @returns {Item[]}
   */
  seatItems(seat) {
    const name = seat.alias === this.session.room.me ? "mine" : distinctName(this.session.room, seat.alias);
    return [{ label: `Only messages of ${name}`, isLeaving: true, onChoose: () => void this.choose({ kind: "only", alias: seat.alias }) }];
  }

  /** @param {Filter} filter */
  async choose(filter) {
    const turn = (this.#turn += 1);
    const before = this.filter;
    this.filter = filter;
    const isThere = await this.page.sift(keepsOf(filter, this.session.room.me));
    if (!isThere && turn === this.#turn) this.filter = before;
    this.show(this.session.room);
  }

  /** Show everything. */
  async end() {
    if (this.filter.kind !== "all") await this.choose(ALL);
  }

  /** Whoever writes sees what they wrote. */
  wrote() {
    const isOwnShown = this.filter.kind === "only" && this.filter.alias === this.session.room.me;
    if (this.hidesMessages && !isOwnShown) void this.end();
  }

  /** @param {Room} room */
  show(room) {
    this.menu.offer(this.items);
    this.bar.show(this.filter, room);
  }

  async #ask() {
    const shown = this.filter.kind === "only" ? this.filter.alias : null;
    const onChoose = (/** @type {string} */ alias) => this.choose({ kind: "only", alias });
    await (await dialogs(this.page.tell))?.askOnly(this.session.room, { shown, onChoose });
  }
}
