// @ts-check
/**
 * The stretch of the log that the page holds: ascending, without gaps, and bounded, however long the room is. Where the
 * reader comes near one of its ends a page is added there, and what is farthest from the eye is let go. Pure.
 */

/** @import { Message } from "./shapes.js" */

/**
 * @typedef {object} Span
 * @property {number} from the first id that it covers
 * @property {number} through the last id that it covers
 * @property {readonly Message[]} records of those, the ones that are shown
 * @property {boolean} isFirst nothing comes before
 * @property {boolean} isLast nothing comes after: what is heard belongs at its end
 */

export const RECORDS_MAX = 500; // rows a browser lays out within a frame
const RECORDS_KEPT = 400; // once there were more: cut rarely, not at every message

/** @type {Span} */
export const EMPTY = { from: 1, through: 0, records: [], isFirst: true, isLast: true };

/**
 * @param {readonly Message[]} page ascending, without gaps
 * @param {{isFirst: boolean, isLast: boolean, keeps: (record: Message) => boolean}} known
 * @returns {Span}
 */
export function spanOf(page, { isFirst, isLast, keeps }) {
  const [first, last] = [page[0], page.at(-1)];
  if (!first || !last) return { ...EMPTY, isFirst, isLast };
  return { from: first.id, through: last.id, records: page.filter(keeps), isFirst, isLast };
}

/**
 * `span` once `record` was heard: at its end, if it reaches the end of the room. A message that it takes back is blank
 * wherever it stands.
 *
 * @param {Span} span
 * @param {Message} record
 * @param {(record: Message) => boolean} keeps
 * @returns {Span}
 */
export function heard(span, record, keeps) {
  const known = record.event?.kind === "message.retracted" ? withBlanks(span, new Set([record.event.message_id])) : span;
  if (!known.isLast || record.id <= known.through) return known;
  const records = keeps(record) ? [...known.records, record] : known.records;
  return { ...known, through: record.id, records };
}

/**
 * `span` with a page of records before those it covers.
 *
 * @param {Span} span
 * @param {readonly Message[]} page ascending, up to the span
 * @param {{hasMore: boolean, keeps: (record: Message) => boolean}} known
 * @returns {Span}
 */
export function withEarlier(span, page, { hasMore, keeps }) {
  const earlier = page.filter((record) => record.id < span.from);
  const records = [...earlier.filter(keeps), ...span.records];
  return { ...span, from: earlier[0]?.id ?? span.from, records, isFirst: !hasMore };
}

/**
 * `span` with a page of records after those it covers.
 *
 * @param {Span} span
 * @param {readonly Message[]} page ascending, from the span on
 * @param {{isLast: boolean, keeps: (record: Message) => boolean}} known
 * @returns {Span}
 */
export function withLater(span, page, { isLast, keeps }) {
  const later = page.filter((record) => record.id > span.through);
  const records = [...span.records, ...later.filter(keeps)];
  return { ...span, through: later.at(-1)?.id ?? span.through, records, isLast };
}

/**
 * `span` without what is too much, taken from the end that is farther from the record `eyeId`: it can be asked for again.
 *
 * @param {Span} span
 * @param {number} eyeId
 * @returns {Span}
 */
export function trimmed(span, eyeId) {
  const { records } = span;
  if (records.length <= RECORDS_MAX) return span;
  const found = records.findIndex((record) => record.id >= eyeId);
  const eye = found < 0 ? records.length : found;
  const start = Math.min(records.length - RECORDS_KEPT, Math.max(0, eye - RECORDS_KEPT / 2));
  const kept = records.slice(start, start + RECORDS_KEPT);
  const isCutBefore = start > 0;
  const isCutAfter = start + RECORDS_KEPT < records.length;
  return {
    from: isCutBefore ? (kept[0]?.id ?? span.from) : span.from,
    through: isCutAfter ? (kept.at(-1)?.id ?? span.through) : span.through,
    records: kept,
    isFirst: span.isFirst && !isCutBefore,
    isLast: span.isLast && !isCutAfter,
  };
}

/**
 * @param {Span} span
 * @param {number} id
 */
export const covers = (span, id) => span.from <= id && id <= span.through;

/**
 * `span` without the texts of the messages `ids`: they were taken back.
 *
 * @param {Span} span
 * @param {ReadonlySet<number>} ids
 * @returns {Span}
 */
export function withBlanks(span, ids) {
  const isKept = (/** @type {Message} */ record) => ids.has(record.id) && !record.retracted;
  if (!span.records.some(isKept)) return span;
  return { ...span, records: span.records.map((record) => (isKept(record) ? { ...record, text: "", retracted: true } : record)) };
}
