// @ts-check
/** All that the room knows of one participant, and what may be done to their seat. It stays true while it is open. */

import { attendance } from "../attendance.js";
import { fullTime } from "../clock.js";
import { element, fill } from "../dom.js";
import { aged } from "../seat-age.js";
import { distinctName } from "../names.js";
import { Dialog } from "./dialog.js";

/** @import { Room, Seat } from "../shapes.js" */
/** @import { Item } from "./menu.js" */

/** @type {Record<string, string>} */
const ROLES = {
  host: "host: steers the room",
  guest: "guest: reads and writes",
  observer: "observer: reads, and cannot write",
};
/** @type {Record<string, string>} */
const INSTALLS = {
  lite: "nothing of Agent Gather's own that the room knows of",
  core: "the agentgather command",
  host: "the room itself",
};

/** @type {Record<string, string>} */
const MODES = {
  foreground_attended: "foreground_attended: says it listens in its foreground",
  wake_on_event: "wake_on_event: says that what concerns it wakes it",
  heartbeat: "heartbeat: says it looks now and then",
  manual: "manual: a person has to prompt it",
};

export class Participant {
  #facts = element("dl", { class: "facts" });
  #actions = element("div", { class: "choices" });
  #look = "";

  /**
   * @param {string} alias
   * @param {Room} room
   * @param {(seat: Seat) => readonly Item[]} itemsOf
   */
  constructor(alias, room, itemsOf) {
    this.alias = alias;
    this.itemsOf = itemsOf;
    const title = distinctName(room, alias);
    this.dialog = new Dialog({ title, kind: "participant" }, this.#facts, this.#actions);
    this.show(room);
  }

  open = () => this.dialog.open();

  /** @param {Room} room */
  show(room) {
    const seat = room.roster.get(this.alias);
    if (!seat || seat.removed_at) return this.dialog.close();
    const facts = factsOf(aged(seat), room);
    const items = this.itemsOf(seat);
    const look = JSON.stringify([facts, items]);
    if (look === this.#look) return;
    this.#look = look;
    fill(this.#facts, ...facts.flatMap(([term, value]) => [element("dt", {}, term), element("dd", { dir: "auto" }, value)]));
    if (this.#actions.childElementCount !== items.length) fill(this.#actions, ...items.map((item) => this.#button(item)));
    this.#actions.hidden = items.length === 0;
  }

  /** @param {Item} item */
  #button({ label, isFinal, isLeaving, onChoose }) {
    const choose = () => {
      if (isLeaving) this.dialog.close();
      onChoose();
    };
    return element("button", { type: "button", class: isFinal ? "danger" : null, click: choose }, label);
  }
}

/**
 * @param {Seat} seat
 * @param {Room} room
 * @returns {[string, string][]}
 */
function factsOf(seat, room) {
  const isMe = seat.alias === room.me;
  return [
    ["Alias", seat.alias],
    ["Kind", isMe ? `${seat.kind}, you` : seat.kind],
    ["Role", ROLES[seat.role] ?? seat.role],
    ["Does", seat.labels?.length ? seat.labels.join(", ") : "nothing that was said"],
    ["Attendance", attendance(seat, room) + (seat.attendance_required ? " · the host's policy expects them to listen" : "")],
    ["Last seen", seat.lastSeenAt && seat.has_joined ? fullTime(seat.lastSeenAt) : "not yet"],
    ["Handed", marked(seat.delivered_id, room.lastId)],
    ["Read", marked(seat.read_id, room.lastId)],
    ["Where", seat.location ?? "unknown"],
    ["Runs", INSTALLS[seat.install ?? ""] ?? seat.install ?? "unknown"],
    ["Attention", seat.attention ?? "unknown"],
    ["Mode", (MODES[seat.effective_mode ?? ""] ?? "unknown") + (seat.requested_mode ? ` · the host asked for ${seat.requested_mode}` : "")],
  ];
}

/**
 * @param {number | undefined} id
 * @param {number} lastId
 */
function marked(id, lastId) {
  if (!id) return "nothing yet";
  const behind = lastId - id;
  return `to #${id}, ${behind > 0 ? `${behind} behind` : "everything"}`;
}
