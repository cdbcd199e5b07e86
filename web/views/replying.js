// @ts-check
/** What the message answers, above the field, until it is sent or thought better of. */

import { element, fill } from "../dom.js";
import { distinctName } from "../names.js";
import { plain } from "../prose.js";

/** @import { Room, Unsent } from "../shapes.js" */

const QUOTE_UNITS_MAX = 80;

export class Replying {
  /** @type {Unsent["replyTo"]} */
  record = null;
  node = element("div", { class: "replying", hidden: true });

  /** @param {{onCancel: () => void}} actions */
  constructor({ onCancel }) {
    this.onCancel = onCancel;
  }

  /**
   * @param {Unsent["replyTo"]} record
   * @param {Room} room
   */
  show(record, room) {
    this.record = record && { id: record.id, from: record.from, text: plain(record.text, QUOTE_UNITS_MAX) };
    this.node.hidden = record === null;
    if (!this.record) return fill(this.node);
    fill(
      this.node,
      element("span", {}, "Replying to ", element("bdi", {}, distinctName(room, this.record.from)), " "),
      element("span", { class: "quoted", dir: "auto" }, this.record.text),
      element("button", { type: "button", class: "quiet", click: this.onCancel }, "Cancel"),
    );
  }
}
