// @ts-check
/** Two ways out of where a reader is: to the newest, and once to the first that they have not read. */

import { element, fill } from "../dom.js";

/** @import { Span } from "../span.js" */
/** @import { Unread } from "../unread.js" */
/** @import { Rows } from "./rows.js" */

export class Jumps {
  #hasJumpedBack = false;

  /**
   * @param {{rows: Rows, unread: Unread, scroller: HTMLElement, isNew: boolean}} reader `isNew`: they have read nothing so far
   * @param {{onLatest: () => void, onUnread: () => void}} actions
   */
  constructor(reader, { onLatest, onUnread }) {
    this.reader = reader;
    const back = () => {
      this.#hasJumpedBack = true;
      onUnread();
    };
    this.latest = element("button", { type: "button", class: "jump latest", hidden: true, click: onLatest });
    this.firstUnread = element("button", { type: "button", class: "jump first-unread", hidden: true, click: back }, "Jump to first unread ↑");
  }

  /**
   * @param {Span | null} span that is loaded
   * @param {{unreadCount: number, isFollowing: boolean}} now
   */
  show(span, { unreadCount, isFollowing }) {
    this.latest.hidden = isFollowing;
    fill(this.latest, unreadCount ? `${unreadCount.toLocaleString()} new ↓` : "Latest ↓");
    this.firstUnread.hidden = this.#hasJumpedBack || !this.#isUnreadAbove(span);
  }

  /** @param {Span | null} span */
  #isUnreadAbove(span) {
    const { rows, unread, scroller, isNew } = this.reader;
    const { line } = rows;
    if (isNew && (!span?.isFirst || scroller.scrollTop > scroller.clientHeight)) return true;
    if (line) return line.getBoundingClientRect().bottom < scroller.getBoundingClientRect().top;
    return unread.markId !== null && unread.markId < (span?.from ?? 0);
  }
}
