// @ts-check
/** What holds in the room, in plain words. */

import { duration, fullTime } from "../clock.js";
import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { policyOf } from "../policies.js";
import { Dialog } from "./dialog.js";
import { sessionAbout } from "./header.js";

/** @import { Room } from "../shapes.js" */

/** @param {Room} room */
export function aboutRoom(room) {
  const policy = policyOf(room.policy);
  const host = [...room.roster.values()].find((seat) => seat.is_host);
  /** @type {[string, string][]} */
  const facts = [
    ["State", room.isOpen ? "Open: everybody with a seat can take part." : "Closed: it can be read, and nobody can write."],
    ["Time", end(room)],
    ["Attendance", `${policy.label}. ${policy.about}`],
    ["Session", sessionAbout(room) || "None is on."],
    ["Host", host ? shownName(room, host.alias) : "unknown"],
    ["Records", `${room.lastId.toLocaleString()}, each on the host's own machine`],
  ];
  const rows = facts.flatMap(([term, value]) => [element("dt", {}, term), element("dd", { dir: "auto" }, value)]);
  return new Dialog({ title: room.id, kind: "about" }, element("dl", { class: "facts" }, ...rows)).open();
}

/** @param {Room} room */
function end({ isOpen, expiresAt }) {
  if (!isOpen) return "It is over.";
  if (expiresAt === null) return "No end: it stays open until the host closes it.";
  const left = Date.parse(expiresAt) - Date.now();
  return left > 0 ? `Closes by itself in ${duration(left)}: ${fullTime(expiresAt)}.` : "It is closing.";
}
