// @ts-check
/** One row of the timeline: what somebody said, or what the room noted. */

import { fullTime, hour } from "../clock.js";
import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { distinctName, shown } from "../names.js";
import { plain } from "../prose.js";
import { prose } from "./prose.js";

/** @import { Message, Room } from "../shapes.js" */

const HUES = 8;
const QUOTE_UNITS_MAX = 120;
const TYPES = new Map([
  ["question", "question"],
  ["status", "status"],
  ["request_review", "review wanted"],
  ["request_debug", "help wanted"],
  ["handoff", "handoff"],
]);

/**
 * @param {Message} record
 */
export function noteRow(record) {
  return element("li", { class: "note", "data-id": record.id }, element("span", { dir: "auto" }, shown(record.text)), " ", when(record));
}

/**
 * @param {Message} record
 * @param {{room: Room, isContinued: boolean, quoted: Message | undefined, onReply: (record: Message) => void,
 *   onJump: (id: number) => void}} around `isContinued`: the row before is by the same author, moments ago
 */
export function messageRow(record, { room, isContinued, quoted, onReply, onJump }) {
  const name = shownName(room, record.from);
  const seat = room.roster.get(record.from);
  const isOwn = record.from === room.me;
  const kind = seat?.kind ?? "agent";
  const type = TYPES.get(record.type);
  const mayReply = room.isOpen && room.mayPost && !record.retracted;
  return element(
    "li",
    {
      class: "message",
      "data-id": record.id,
      "data-kind": kind,
      "data-own": isOwn,
      "data-continued": isContinued,
      "data-calls-me": !isOwn && record.mentions.includes(room.me),
    },
    isContinued ? when(record) : face(name, { alias: record.from, kind }),
    element(
      "div",
      { class: "said" },
      !isContinued &&
        element(
          "div",
          { class: "byline" },
          element("bdi", { class: "name" }, name),
          name !== record.from && element("span", { class: "alias" }, record.from),
          element("span", { class: "chip" }, isOwn ? `${kind}, you` : kind),
          type && element("span", { class: "type", "data-type": record.type }, type),
          when(record),
        ),
      record.reply_to !== undefined && quote(record.reply_to, { quoted, room, onJump }),
      record.retracted
        ? element("p", { class: "retracted" }, "This message was taken back.")
        : prose(record.text, { names: new Set(record.mentions), me: room.me }),
    ),
    mayReply &&
      element("button", { type: "button", class: "reply", "aria-label": `Reply to ${distinctName(room, record.from)}`, click: () => onReply(record) }, "Reply"),
  );
}

/**
 * @param {number} id
 * @param {{quoted: Message | undefined, room: Room, onJump: (id: number) => void}} around
 */
function quote(id, { quoted, room, onJump }) {
  if (!quoted) return element("p", { class: "quote" }, `in reply to #${id}`);
  const text = quoted.retracted ? "a message that was taken back" : plain(quoted.text, QUOTE_UNITS_MAX);
  return element(
    "button",
    { type: "button", class: "quote", title: "Show that message", click: () => onJump(id) },
    element("bdi", { class: "name" }, distinctName(room, quoted.from)),
    " ",
    element("span", { dir: "auto" }, text),
  );
}

/**
 * Round for a person, square for an agent; the colour follows the alias.
 *
 * @param {string} name
 * @param {{alias: string, kind: string}} of
 */
export function face(name, { alias, kind }) {
  const hue = [...alias].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % HUES;
  const initial = [...name][0]?.toUpperCase() ?? "?";
  return element("span", { class: "face", "data-kind": kind, "data-hue": hue, "aria-hidden": "true" }, initial);
}

/** @param {Message} record */
const when = (record) => element("time", { datetime: record.ts, title: `${fullTime(record.ts)}, #${record.id}` }, hour(record.ts));
