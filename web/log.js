// @ts-check
/**
 * The room's log as far as this page holds it: a span of it, asked for by pages at either end, and what is heard since.
 * Decides nothing about how it looks.
 */

import { EMPTY, covers, heard, spanOf, trimmed, withBlanks, withEarlier, withLater } from "./span.js";

/** @import { Api } from "./api.js" */
/** @import { Message } from "./shapes.js" */
/** @import { Span } from "./span.js" */

/** @typedef {"start" | "end"} Side */
/** @typedef {"rest" | "loading" | "failed"} Edge what goes on at an end of the span */

const PAGE_RECORDS = 200;
const FIRST_RECORDS = 80; // to begin with: some screens; what is drawn before anything is seen takes its time
const SIFTED_RECORDS = 1000; // a page of which a filter may leave little; the most that the room hands out
const RECENT_RECORDS = 200; // heard while a page was on its way
const AHEAD_OF_UNREAD = 40; // records before the first unread one, so that it does not stand without its context

export class Log {
  /** @type {Span} */
  span = EMPTY;
  /** @type {Record<Side, Edge>} */
  edges = { start: "rest", end: "rest" };
  heardId = 0;
  isSifted = false;
  /** @type {Message[]} */
  #recent = [];
  /** @type {Set<number>} the messages known to be taken back: a page that was on its way meanwhile still has their texts */
  #gone = new Set();
  #keeps = (/** @type {Message} */ _) => true;
  #turn = 0; // counts the spans: a page that comes for one that was left is of no use

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    this.changed = () => {};
  }

  /**
   * Load where a reader begins: around the record they came for, else at what they have not read, else at the end. Who
   * has read nothing is new here, and meets the room where it is now.
   *
   * @param {{lastId: number, readId: number, linkedId: number | null}} reader
   */
  async open({ lastId, readId, linkedId }) {
    this.heardId = lastId;
    const isFarBehind = readId > 0 && lastId - readId > FIRST_RECORDS - AHEAD_OF_UNREAD;
    if (linkedId !== null && (await this.around(linkedId))) return;
    if (isFarBehind) await this.around(readId + 1);
    else await this.latest(FIRST_RECORDS);
  }

  /**
   * The room has come to the record `id`, heard or not.
   *
   * @param {number} id
   */
  reached(id) {
    this.heardId = Math.max(this.heardId, id);
    if (this.span.through < this.heardId) this.span = { ...this.span, isLast: false };
  }

  /** @param {readonly Message[]} records */
  hear(records) {
    this.heardId = Math.max(this.heardId, records.at(-1)?.id ?? 0);
    this.#learn(records);
    this.#recent = [...this.#recent, ...records].slice(-RECENT_RECORDS);
    this.span = records.reduce((span, record) => heard(span, record, this.#keeps), this.span);
  }

  /**
   * Keep the span within its bounds.
   *
   * @param {number} eyeId the record that the reader looks at
   */
  trim(eyeId) {
    this.span = trimmed(this.span, eyeId);
  }

  /**
   * Load the page that follows at `side`. One at a time; a failure stays to be seen, and is asked again by whoever asks.
   *
   * @param {Side} side
   * @param {() => number} eyeId the record that the reader looks at once the page is here
   */
  async extend(side, eyeId) {
    if (this.edges[side] === "loading" || (side === "start" ? this.span.isFirst : this.span.isLast)) return;
    const turn = this.#turn;
    this.#mark(side, "loading");
    try {
      const span = await (side === "start" ? this.#earlier() : this.#later());
      if (turn !== this.#turn) return;
      this.span = trimmed(withBlanks(span(), this.#gone), eyeId());
      this.#mark(side, "rest");
    } catch {
      if (turn === this.#turn) this.#mark(side, "failed");
    }
  }

  /** Go to the end of the room, and have its last `count` records. Raises what the API raises. */
  latest(count = this.#count) {
    return this.#load(async () => {
      const page = await this.#before(this.heardId + 1, count);
      return () => this.#attached(this.#span(page.messages, { isFirst: !page.has_more, isLast: false }));
    });
  }

  /** Go to its beginning. Raises what the API raises. */
  first() {
    return this.#load(async () => {
      const page = await this.#since(0, this.#count);
      return () => this.#span(page.messages, { isFirst: true, isLast: !page.has_more });
    });
  }

  /**
   * Have the record `id`, and what stands around it. Whether there is such a record. Raises what the API raises.
   *
   * @param {number} id
   * @returns {Promise<boolean>}
   */
  async around(id) {
    if (covers(this.span, id)) return true;
    if (id < 1 || id > this.heardId) return false;
    await this.#around(id);
    return true;
  }

  /**
   * Show only the records that `keeps` keeps, null for all. The span stays where it is. Raises what the API raises.
   *
   * @param {((record: Message) => boolean) | null} keeps
   * @param {number | null} eyeId where the reader is, null at the end
   */
  async sift(keeps, eyeId) {
    const before = { keeps: this.#keeps, isSifted: this.isSifted };
    this.#keeps = keeps ?? (() => true);
    this.isSifted = keeps !== null;
    try {
      await (eyeId === null ? this.latest() : this.#around(eyeId));
    } catch (error) {
      this.#keeps = before.keeps; // what is on the page is still what was kept before
      this.isSifted = before.isSifted;
      throw error;
    }
  }

  /**
   * Whether the record `id`, which the span covers, is one that is shown.
   *
   * @param {number} id
   */
  shows = (id) => !this.isSifted || this.span.records.some((record) => record.id === id);

  /** How many records come after the span; notes of the room and the reader's own count as well. */
  get beyond() {
    return this.span.isLast ? 0 : Math.max(0, this.heardId - this.span.through);
  }

  get #count() {
    return this.isSifted ? SIFTED_RECORDS : PAGE_RECORDS;
  }

  /** @param {number} id */
  #around(id) {
    return this.#load(async () => {
      const half = this.#count / 2;
      const [before, after] = await Promise.all([this.#before(id, half), this.#since(id - 1, half)]);
      const page = [...before.messages, ...after.messages];
      return () => this.#attached(this.#span(page, { isFirst: !before.has_more, isLast: false }));
    });
  }

  /** @param {() => Promise<() => Span>} ask */
  async #load(ask) {
    const turn = (this.#turn += 1);
    const span = await ask();
    if (turn !== this.#turn) return;
    this.span = withBlanks(span(), this.#gone);
    this.edges = { start: "rest", end: "rest" };
    this.changed();
  }

  /** @param {number} id @param {number} count */
  #before = async (id, count) => this.#learned(await this.api.before(id, count));

  /** @param {number} id @param {number} count */
  #since = async (id, count) => this.#learned(await this.api.since(id, count));

  /** @param {{messages: Message[], has_more: boolean}} page */
  #learned(page) {
    this.#learn(page.messages);
    return page;
  }

  /** @param {readonly Message[]} records */
  #learn(records) {
    for (const { event } of records) if (event?.kind === "message.retracted") this.#gone.add(event.message_id);
  }

  /**
   * @param {readonly Message[]} page
   * @param {{isFirst: boolean, isLast: boolean}} known
   */
  #span = (page, known) => spanOf(page, { ...known, keeps: this.#keeps });

  /** @returns {Promise<() => Span>} */
  async #earlier() {
    const page = await this.#before(this.span.from, this.#count);
    return () => withEarlier(this.span, page.messages, { hasMore: page.has_more, keeps: this.#keeps });
  }

  /** @returns {Promise<() => Span>} */
  async #later() {
    const page = await this.#since(this.span.through, this.#count);
    return () => this.#attached(withLater(this.span, page.messages, { isLast: false, keeps: this.#keeps }));
  }

  /**
   * `span` with what was heard while its page was on its way, if that joins on; it is the last then.
   *
   * @param {Span} span
   * @returns {Span}
   */
  #attached(span) {
    const since = this.#recent.filter((record) => record.id > span.through);
    const missing = this.heardId - span.through;
    if (missing > 0 && since.length < missing) return { ...span, isLast: false };
    return withLater(span, since, { isLast: true, keeps: this.#keeps });
  }

  /**
   * @param {Side} side
   * @param {Edge} edge
   */
  #mark(side, edge) {
    this.edges = { ...this.edges, [side]: edge };
    this.changed();
  }
}
