// @ts-check
/** One hit of a search: who, when, and the piece of it that was looked for. Its text is text, whatever it says. */

import { day, fullTime, hour } from "../clock.js";
import { element } from "../dom.js";
import { excerpt } from "../excerpt.js";
import { PURPOSES } from "../message-types.js";
import { distinctName } from "../names.js";
import { face } from "./message.js";

/** @import { Message, Room } from "../shapes.js" */

const EXCERPT_UNITS_MAX = 160;

/**
 * @param {Message} record
 * @param {{room: Room, words: readonly string[], onJump: () => void}} around
 */
export function hitRow(record, { room, words, onJump }) {
  const isNote = record.from === "system";
  const name = isNote ? "The room" : distinctName(room, record.from);
  const type = record.type === "message" ? undefined : PURPOSES.find((purpose) => purpose.type === record.type);
  const pieces = excerpt(record.text, words, EXCERPT_UNITS_MAX);
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "hit", tabindex: -1, "data-id": record.id, click: onJump },
      face(isNote ? "·" : name, { alias: record.from, kind: room.roster.get(record.from)?.kind ?? "agent" }),
      element(
        "span",
        { class: "found-in" },
        element("bdi", { class: "name" }, name),
        " ",
        type && element("span", { class: "type", "data-type": record.type }, type.label),
        " ",
        element("time", { datetime: record.ts, title: `${fullTime(record.ts)}, #${record.id}` }, `${day(record.ts, new Date())} ${hour(record.ts)}`),
        element(
          "span",
          { class: "excerpt", dir: "auto" },
          ...pieces.map(({ text, isHit }) => (isHit ? element("mark", {}, text) : text)),
        ),
      ),
    ),
  );
}
