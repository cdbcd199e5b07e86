// @ts-check
/** Finding what was said, over the whole history: a line becomes questions to the room, and their answers become hits. */

import { Refused } from "./asking.js";
import { readLine, terms } from "./search-query.js";
import { Find } from "./views/find.js";

/** @import { SearchQuery } from "./search-query.js" */
/** @import { Session } from "./session.js" */
/** @import { Message } from "./shapes.js" */

const REST_MS = 200; // of somebody who types, before the room is asked
const PAGE_RECORDS = 50;
const PAGES_MAX = 20; // asked one after another while they hold little: the room stops where a search gets expensive
const HITS_MAX = 2_000; // in the page; whoever reads that far looks for something else

export class Finding {
  /** @type {readonly Message[]} */
  #hits = [];
  /** @type {SearchQuery} */
  #query = {};
  /** @type {number | null} */
  #nextId = null;
  #asking = new AbortController();
  #rest = 0;

  /**
   * @param {Session} session
   * @param {{goTo: (id: number) => Promise<unknown>}} page `goTo`: show the record, wherever it is
   */
  constructor(session, { goTo }) {
    this.session = session;
    this.view = new Find({
      onLine: (line, isRested) => this.#typed(line, isRested ? 0 : REST_MS),
      onMore: () => void this.#ask(),
      onJump: (record) => goTo(record.id),
      room: () => session.room,
    });
  }

  /**
   * Let somebody find.
   *
   * @param {string} [line] what they look for, if they said it already
   */
  open(line) {
    this.view.open(line);
  }

  /** Make room for something else; the focus stays where it is. Whether it was open. */
  leave() {
    const { isOpen } = this.view;
    this.view.node.hidden = true;
    return isOpen;
  }

  /**
   * Somebody typed on while the search was on its way.
   *
   * @param {string} text
   */
  goOn(text) {
    this.view.goOn(text);
  }

  /**
   * What was taken back is found no more.
   *
   * @param {readonly Message[]} records that were heard
   */
  heard(records) {
    const gone = new Set(records.map(({ event }) => (event?.kind === "message.retracted" ? event.message_id : null)));
    const kept = this.#hits.filter((hit) => !gone.has(hit.id));
    if (kept.length === this.#hits.length) return;
    this.#hits = kept;
    this.view.drop(kept);
  }

  /**
   * @param {string} line
   * @param {number} restMs
   */
  #typed(line, restMs) {
    clearTimeout(this.#rest);
    this.#asking.abort(); // an answer to what is no longer asked is of no use
    this.#rest = setTimeout(() => this.#begin(line), restMs);
  }

  /** @param {string} line */
  #begin(line) {
    this.#asking = new AbortController();
    this.#query = this.#named(readLine(line));
    this.#hits = [];
    this.#nextId = null;
    if (Object.keys(this.#query).length > 0) void this.#ask();
    else this.#show("idle");
  }

  /** The next so many hits. */
  async #ask() {
    const { signal } = this.#asking;
    const wanted = this.#hits.length + PAGE_RECORDS;
    this.#show("searching");
    try {
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        const page = await this.session.api.search(this.#query, { beforeId: this.#nextId, count: PAGE_RECORDS, signal });
        if (signal.aborted) return;
        this.#hits = [...this.#hits, ...page.messages].slice(0, HITS_MAX);
        this.#nextId = this.#hits.length < HITS_MAX ? page.next_before_id : null;
        if (this.#nextId === null || this.#hits.length >= wanted) break;
        this.#show("searching");
      }
      this.#show("found");
    } catch (error) {
      if (signal.aborted) return;
      const { message } = /** @type {Error} */ (error);
      this.#show("failed", { text: message, isFinal: error instanceof Refused && !error.isOnTheWay });
    }
  }

  /**
   * `query` with `me` as who that is, unless somebody is called so.
   *
   * @param {SearchQuery} query
   * @returns {SearchQuery}
   */
  #named(query) {
    const { me, roster } = this.session.room;
    if (roster.has("me")) return query;
    const named = { ...query };
    if (query.from === "me") named.from = me;
    if (query.mentions === "me") named.mentions = me;
    return named;
  }

  /**
   * @param {import("./views/find.js").Fate} fate
   * @param {{text: string, isFinal: boolean} | null} [trouble]
   */
  #show(fate, trouble = null) {
    const words = terms(this.#query.q ?? "").map(({ text }) => text);
    this.view.show(this.#hits, { words, fate, isMore: this.#nextId !== null, trouble });
  }
}
