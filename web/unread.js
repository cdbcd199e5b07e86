// @ts-check
/** What its reader has not seen yet: how much, and where it begins. Notes of the room and the reader's own words are read. Pure. */

/** @import { Message } from "./shapes.js" */
/** @import { Span } from "./span.js" */

export class Unread {
  /** The "New" line stands after this record; null when there is none. It stays until it was seen and the reader goes on. */
  markId = /** @type {number | null} */ (null);

  /** @param {{readId: number, me: string}} reader `readId`: 0 for somebody who is new here, to whom nothing is "new" */
  constructor({ readId, me }) {
    this.me = me;
    this.seenId = readId;
    this.markId = readId > 0 ? readId : null;
  }

  /** @param {Message} record */
  counts = (record) => record.type !== "system" && record.from !== this.me;

  /**
   * @param {Message} record
   * @param {{isSeen: boolean, before: number}} known `before`: the last record that was heard before this one
   */
  hear(record, { isSeen, before }) {
    if (isSeen || !this.counts(record)) return;
    if (this.seenId >= before || this.markId === null) this.markId = Math.max(before, this.seenId);
  }

  /** @param {number} id everything through this record was on screen, here or in another tab */
  see(id) {
    this.seenId = Math.max(this.seenId, id);
  }

  /**
   * The reader writes, or looks away: a line whose news were all seen has done its work.
   *
   * @param {number} heardId
   */
  goOn(heardId) {
    if (this.seenId >= heardId) this.markId = null;
  }

  /**
   * The record before which the line stands; null when it is not in `span`.
   *
   * @param {Span} span
   */
  lineId({ records, from, isFirst }) {
    const { markId } = this;
    if (markId === null || (from > markId + 1 && !isFirst)) return null;
    return records.find((record) => record.id > markId && this.counts(record))?.id ?? null;
  }

  /**
   * How many are new. Of what lies beyond the span nothing is known but its number.
   *
   * @param {Span} span
   * @param {number} beyond how many records come after it
   */
  count({ records, through }, beyond) {
    let count = beyond - Math.max(0, Math.min(beyond, this.seenId - through));
    for (let place = records.length - 1; place >= 0; place -= 1) {
      const record = records[place];
      if (!record || record.id <= this.seenId) break;
      if (this.counts(record)) count += 1;
    }
    return count;
  }
}
