// @ts-check
/**
 * What became of the newest messages that the reader said to somebody. The room is asked when something was said, and now and
 * then as long as one of them is in sight, recent, and not answered by all.
 */

/** @import { Session } from "./session.js" */
/** @import { Message, MessageDelivery } from "./shapes.js" */

const LOOK_SECONDS = 15; // between looks at what nobody says aloud: that somebody fetched it, or has it before them
const SOON_MS = 1000; // after something was said: who waits for it was handed it by then
const RECENT_MS = 60 * 60_000; // of an older one nobody asks unless something is said

export class Deliveries {
  /** @type {ReadonlyMap<number, MessageDelivery>} by message, as they were last told */
  known = new Map();
  #throughId = 0; // what is older, and not known, is too old for the room to tell of it unasked
  #soon = 0;
  #isStale = true; // something was said since the room was asked

  /**
   * @param {Session} session
   * @param {{records: () => readonly Message[], isInSight: (id: number) => boolean, changed: () => void}} page `records`: those
   *   that are loaded
   */
  constructor(session, page) {
    this.session = session;
    this.page = page;
  }

  /** Ask for what is in sight, and go on. */
  begin() {
    void this.#look();
    setInterval(() => void this.#look(), LOOK_SECONDS * 1000);
    document.addEventListener("visibilitychange", () => void this.#look());
  }

  /** @param {readonly Message[]} records */
  heard(records) {
    const { me } = this.session.room;
    if (!records.some(({ from, reply_to }) => from === me || (reply_to !== undefined && this.known.has(reply_to)))) return;
    this.#isStale = true;
    this.#soon ||= setTimeout(() => {
      this.#soon = 0;
      void this.#look();
    }, SOON_MS);
  }

  async #look() {
    const { api, room, ending } = this.session;
    if (document.hidden || ending || !this.page.records().some((record) => this.#isAskedFor(record))) return;
    this.#isStale = false;
    const answer = await api.deliveries().catch(() => null); // whether we are connected is the stream's to say
    this.#isStale ||= !answer;
    if (!answer) return;
    this.known = new Map(answer.deliveries.map((told) => [told.message_id, told]));
    this.#throughId = room.lastId;
    this.page.changed();
  }

  /** @param {Message} record */
  #isAskedFor(record) {
    const { me } = this.session.room;
    const isMine = record.from === me && !record.retracted && record.mentions.some((alias) => alias !== me);
    if (!isMine || !this.page.isInSight(record.id)) return false;
    const told = this.known.get(record.id);
    if (!told) return record.id > this.#throughId;
    const isRecent = Date.now() - Date.parse(record.ts) < RECENT_MS;
    return this.#isStale || (isRecent && told.recipients.some(({ state }) => state !== "answered" && state !== "done"));
  }
}
