// @ts-check
/** Who has a seat, and in honest words whether anybody sits in it: said alike wherever a person is named. Pure. */

import { duration } from "./clock.js";

/** @import { Room, Seat } from "./shapes.js" */

/**
 * Those whose seat was not taken away.
 *
 * @param {Room} room
 */
export const present = (room) => [...room.roster.values()].filter((seat) => !seat.removed_at);

/**
 * Whether what is said now is heard now.
 *
 * @param {Seat} seat
 */
export const isHere = (seat) => seat.attendance_state === "attending" || seat.attendance_state === "managed";

/**
 * Whether nothing that is said here can reach them before they come back by themselves: an agent whose loop has ended. A
 * person comes back when they please; an agent that stands by is started by what it waits for.
 *
 * @param {Seat} seat
 */
export const isAsleep = (seat) => seat.kind === "agent" && !isHere(seat) && seat.attendance_state !== "standby";

/**
 * Whether `seat` listens, since when it does not, and what that means for who calls it.
 *
 * @param {Seat} seat
 * @param {Room} room
 */
export function attendance(seat, room) {
  const paused = room.paused.includes(seat.alias) && "paused until a person speaks";
  return [presence(seat), isAsleep(seat) && "cannot be woken", paused].filter(Boolean).join(" · ");
}

/** @param {Seat} seat */
function presence(seat) {
  const age = duration(seat.last_seen_age_ms);
  switch (seat.attendance_state) {
    case "attending":
    case "managed":
      return "listening now";
    case "stale":
      return `not heard from for ${age}`;
    case "not_attending":
      return "expected, and not listening";
    case "away":
      return `left, last seen ${age} ago`;
    case "standby":
      return "standing by";
    case "manual":
      return seat.has_joined ? `last seen ${age} ago` : "invited, has not joined yet";
    default:
      return seat.attendance_state; // of a later version
  }
}
