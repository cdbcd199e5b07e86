// @ts-check
/** Moments and durations as people read them, in the reader's own time zone and language. */

const HOUR = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const FULL_DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** @param {string} ts */
export const hour = (ts) => HOUR.format(new Date(ts));

const SECOND = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/**
 * A moment of today to the second.
 *
 * @param {number} at in milliseconds as Date.now() counts
 */
export const second = (at) => SECOND.format(at);

/**
 * The day of `ts` as `<time datetime>` has it, "2026-11-21".
 *
 * @param {string} ts
 */
export function date(ts) {
  const that = new Date(ts);
  const padded = [that.getMonth() + 1, that.getDate()].map((part) => String(part).padStart(2, "0"));
  return [String(that.getFullYear()).padStart(4, "0"), ...padded].join("-");
}

/** @param {string} ts */
export const fullDay = (ts) => FULL_DAY.format(new Date(ts));

/** @param {string} ts */
export const fullTime = (ts) => FULL.format(new Date(ts));

/**
 * The day of `ts`, "Today" and "Yesterday" by name.
 *
 * @param {string} ts
 * @param {Date} now
 */
export function day(ts, now) {
  const that = new Date(ts);
  if (that.toDateString() === now.toDateString()) return "Today";
  const before = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return that.toDateString() === before.toDateString() ? "Yesterday" : DAY.format(that);
}

/**
 * @param {string} first
 * @param {string} second
 */
export const isSameDay = (first, second) => new Date(first).toDateString() === new Date(second).toDateString();

/**
 * `milliseconds` in the two largest units that matter: "1 h 20 min", "3 days".
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}
