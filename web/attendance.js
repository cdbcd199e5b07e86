// @ts-check
/** Who has a seat, and in honest words whether anybody sits in it: said alike wherever a person is named. Pure. */

import { duration } from "./clock.js";
import { shown } from "./names.js";

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
 * Whether nothing that is said here can reach them before they come back by themselves: an agent whose loop has ended, and
 * that declared nothing which could wake it. A person comes back when they please.
 *
 * @param {Seat} seat
 */
export const isAsleep = (seat) => seat.kind === "agent" && !isHere(seat) && !isWorking(seat) && seat.attendance_state !== "standby" && !mayWake(seat);

/**
 * Whether they said that they work, and have neither waited nor spoken since.
 *
 * @param {Seat} seat
 */
export const isWorking = (seat) => seat.live_state === "working";

/**
 * Whether they declared that something wakes them.
 *
 * @param {Seat} seat
 */
const mayWake = (seat) => (seat.effective_mode ?? "manual") !== "manual";

/**
 * Whether `seat` listens, since when it does not, and what that means for who calls it.
 *
 * @param {Seat} seat
 * @param {Room} room
 */
export function attendance(seat, room) {
  const paused = room.paused.includes(seat.alias) && "paused until a person speaks";
  const works = isWorking(seat) && (seat.working_on ? `working on ${shown(seat.working_on)}` : "working");
  const reach = isAsleep(seat) ? "cannot be woken" : seat.kind === "agent" && !isHere(seat) && !works && reaches(seat);
  return [works, presence(seat), reach, paused].filter(Boolean).join(" · ");
}

/**
 * What an agent says reaches it; nothing that it did not declare.
 *
 * @param {Seat} seat
 */
function reaches({ effective_mode: mode }) {
  if (mode === "wake_on_event") return "says it is woken by what concerns it";
  if (mode === "heartbeat") return "says it looks now and then";
  return mode === "foreground_attended" && "says it comes back to listen";
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
