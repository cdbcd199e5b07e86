// @ts-check
/** Who has read a message, to whom it was handed, and who has not asked for it yet. */

import { element } from "../dom.js";
import { distinctName } from "../names.js";
import { Dialog } from "./dialog.js";

/** @import { Message, Room, Seat } from "../shapes.js" */

/** @param {Seat} seat */
const readId = (seat) => seat.read_id ?? 0;

/** @param {Seat} seat */
const deliveredId = (seat) => seat.delivered_id ?? 0;

/**
 * @param {Message} record
 * @param {Room} room
 */
export function readersDialog({ id, from }, room) {
  const others = [...room.roster.values()].filter((seat) => !seat.removed_at && seat.alias !== from);
  const read = others.filter((seat) => readId(seat) >= id);
  const handed = others.filter((seat) => readId(seat) < id && deliveredId(seat) >= id);
  const neither = others.filter((seat) => readId(seat) < id && deliveredId(seat) < id);
  return new Dialog(
    { title: "Seen by" },
    group("Read", read, room),
    group("Delivered, not marked as read", handed, room),
    group("Not delivered yet", neither, room),
    others.length === 0 && element("p", {}, "Nobody else has a seat here."),
  ).open();
}

/**
 * @param {string} title
 * @param {readonly Seat[]} seats
 * @param {Room} room
 */
function group(title, seats, room) {
  if (seats.length === 0) return null;
  const rows = seats.map((seat) => {
    const about = `${seat.kind}${seat.alias === room.me ? ", you" : ""}`;
    return element("li", {}, element("bdi", { class: "name" }, distinctName(room, seat.alias)), " ", element("span", { class: "about" }, about));
  });
  return element("section", { class: "readers" }, element("h3", {}, `${title} (${seats.length})`), element("ul", {}, ...rows));
}
