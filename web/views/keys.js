// @ts-check
/** The keys of the room, for whoever asks with `?`. */

import { element } from "../dom.js";
import { Dialog } from "./dialog.js";

/** @type {readonly [string, readonly (readonly [string, string])[]][]} */
const KEYS = [
  [
    "Everywhere",
    [
      ["F6", "next part of the page; with Shift the one before"],
      ["/", "find in the room"],
      ["?", "these keys"],
      ["Esc", "leave what is open"],
    ],
  ],
  [
    "In the timeline",
    [
      ["↑ ↓", "message by message"],
      ["Home End", "first loaded message, newest message"],
      ["Page ↑ Page ↓", "a screen at a time"],
      ["Tab", "what can be done with the message"],
      ["Esc", "back to writing"],
    ],
  ],
  [
    "Writing",
    [
      ["Enter", "send"],
      ["Shift Enter", "new line"],
      ["@", "call somebody: ↑ ↓ choose, Enter or Tab takes, Esc leaves it"],
      ["/", "a command, at the beginning"],
    ],
  ],
];

export const keysDialog = () =>
  new Dialog(
    { title: "Keys", kind: "keys" },
    ...KEYS.map(([title, keys]) =>
      element(
        "section",
        { class: "keys" },
        element("h3", {}, title),
        element("dl", {}, ...keys.flatMap(([key, does]) => [element("dt", {}, ...caps(key)), element("dd", {}, does)])),
      ),
    ),
  );

/** @param {string} key */
const caps = (key) => key.split(" ").map((cap) => element("kbd", {}, cap));
