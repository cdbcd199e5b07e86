// @ts-check
/** How long ago somebody was seen goes on growing between two looks at who is here. */

/** @import { Seat } from "./shapes.js" */

/** When a seat was first looked at here, as `performance.now()` counts: the room and the browser need not agree on the time.
 * @type {WeakMap<Seat, number>} */
const first = new WeakMap();

/**
 * `seat` with the age of its last sign of life as it is now.
 *
 * @param {Seat} seat as a status told it
 * @param {number} [now] in milliseconds
 * @returns {Seat}
 */
export function aged(seat, now = performance.now()) {
  const since = first.get(seat) ?? now;
  first.set(seat, since);
  return { ...seat, last_seen_age_ms: seat.last_seen_age_ms + now - since };
}
