// @ts-check
/** One row of the timeline: what somebody said, or what the room noted. */

import { fullTime, hour } from "../clock.js";
import { element } from "../dom.js";
import { shownName } from "../fold.js";
import { fenced } from "../markdown/code.js";
import { distinctName, shown } from "../names.js";
import { plain } from "../prose.js";
import { prose } from "./prose.js";

/** @import { Message, Room } from "../shapes.js" */

const HUES = 8;
const QUOTE_UNITS_MAX = 120;
/** @type {Map<string, string>} */
const TYPES = new Map([
  ["question", "question"],
  ["status", "status"],
  ["request_review", "review wanted"],
  ["request_debug", "help wanted"],
  ["handoff", "handoff"],
]);
const LONG = { units: 1600, lines: 24 }; // more than a screen of a phone: the output of a tool, most of the time
const CODE_LINES_COUNTED = 12; // of each piece of code
const LONG_HANDOFF = { units: 480, lines: 8 }; // read by who takes over; everybody else needs its beginning

/**
 * @param {Message} record
 */
export function noteRow(record) {
  const about = { class: "note", "data-id": record.id, tabindex: -1 };
  return element("article", about, element("span", { dir: "auto" }, shown(record.text)), " ", when(record));
}

/**
 * @param {Message} record
 * @param {{room: Room, isContinued: boolean, isUnfolded: boolean, quoted: Message | null, onReply: (record: Message) => void,
 *   onJump: (id: number) => void, onFold: (id: number, isFolded: boolean) => void}} around
 *   `isContinued`: the row before is by the same author, moments ago
 */
export function messageRow(record, { room, isContinued, isUnfolded, quoted, onReply, onJump, onFold }) {
  const name = shownName(room, record.from);
  const isOwn = record.from === room.me;
  const kind = room.roster.get(record.from)?.kind ?? "agent";
  const mayReply = room.isOpen && room.mayPost && !record.retracted;
  const isLong = !record.retracted && isLongText(record);
  return element(
    "article",
    {
      class: "message",
      "data-id": record.id,
      "data-type": record.type,
      "data-kind": kind,
      "data-own": isOwn,
      "data-continued": isContinued,
      "data-calls-me": !isOwn && record.mentions.includes(room.me),
      "data-folded": isLong && !isUnfolded,
      "data-retracted": Boolean(record.retracted),
      "aria-labelledby": `said-${record.id}`,
      tabindex: -1,
    },
    isContinued ? when(record) : face(name, { alias: record.from, kind }),
    element(
      "div",
      { class: "said", id: `said-${record.id}` },
      isContinued ? element("span", { class: "unseen" }, `${distinctName(room, record.from)}: `) : byline(record, { name, kind: isOwn ? `${kind}, you` : kind }),
      record.reply_to !== undefined && quote(record.reply_to, { quoted, room, onJump }),
      record.retracted
        ? element("p", { class: "retracted" }, "This message was taken back.")
        : prose(record.text, { names: new Set(record.mentions), me: room.me }),
      record.need_reply && !record.retracted && element("p", { class: "wants-answer" }, "wants an answer"),
    ),
    isLong && unfold(record.id, { isUnfolded, onFold }),
    element(
      "div",
      { class: "acts" },
      mayReply && element("button", { type: "button", class: "reply", "aria-label": `Reply to ${distinctName(room, record.from)}`, click: () => onReply(record) }, "Reply"),
    ),
  );
}

/**
 * @param {Message} record
 * @param {{name: string, kind: string}} author
 */
function byline(record, { name, kind }) {
  const type = TYPES.get(record.type);
  return element(
    "div",
    { class: "byline" },
    element("bdi", { class: "name" }, name),
    " ",
    name !== record.from && element("span", { class: "alias" }, record.from),
    " ",
    element("span", { class: "chip" }, kind),
    " ",
    type && element("span", { class: "type", "data-type": record.type }, type),
    " ",
    when(record),
  );
}

/**
 * Whether a message is more than its reader asked for. A long piece of code folds by itself, and counts as what it then shows.
 *
 * @param {Message} record
 */
function isLongText({ text, type }) {
  const most = type === "handoff" ? LONG_HANDOFF : LONG;
  const lines = text.split("\n");
  let [units, count] = [0, 0];
  for (let at = 0; at < lines.length; ) {
    const code = fenced(lines, at);
    count += code ? Math.min(code.body.length, CODE_LINES_COUNTED) : 1;
    units += code ? 0 : (lines[at] ?? "").length;
    at = code ? code.next : at + 1;
  }
  return units > most.units || count > most.lines;
}

/**
 * @param {number} id
 * @param {{isUnfolded: boolean, onFold: (id: number, isFolded: boolean) => void}} fold
 */
function unfold(id, { isUnfolded, onFold }) {
  const toggle = (/** @type {Event} */ { currentTarget }) => {
    const isOpen = /** @type {Element} */ (currentTarget).getAttribute("aria-expanded") === "true";
    onFold(id, isOpen);
  };
  const state = { type: "button", class: "quiet unfold", "aria-expanded": String(isUnfolded), "aria-controls": `said-${id}`, click: toggle };
  return element("button", state, isUnfolded ? "Show less" : "Show more");
}

/**
 * @param {number} id
 * @param {{quoted: Message | null, room: Room, onJump: (id: number) => void}} around
 */
function quote(id, { quoted, room, onJump }) {
  const about = { type: "button", class: "quote", title: "Show that message", click: () => onJump(id) };
  if (!quoted) return element("button", about, `in reply to #${id}`);
  const text = quoted.retracted ? "a message that was taken back" : plain(quoted.text, QUOTE_UNITS_MAX);
  return element(
    "button",
    about,
    element("span", { class: "unseen" }, "in reply to "),
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
