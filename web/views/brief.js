// @ts-check
/** The room's brief: what everybody here works on, which version that is, and what changed. */

import { duration, fullTime } from "../clock.js";
import { element, fill, write } from "../dom.js";
import { shownName } from "../fold.js";
import { BriefChanges } from "./brief-changes.js";
import { prose } from "./prose.js";

/** @import { Brief as Shape, Message, Room } from "../shapes.js" */

export class Brief {
  /** @type {Shape | null} */
  #shown = null;
  #version = element("span", { class: "version" });
  #body = element("div", { class: "brief-body" });
  #changes = new BriefChanges();
  node = element(
    "section",
    { class: "brief", "aria-labelledby": "brief-title" },
    element("h2", { id: "brief-title" }, "Brief ", this.#version),
    this.#body,
    this.#changes.node,
  );

  /** @param {{onChanged: (told: string) => void}} actions `onChanged`: somebody else changed it while it was shown */
  constructor({ onChanged }) {
    this.onChanged = onChanged;
  }

  /**
   * @param {Room} room
   * @param {readonly Message[]} records those that the page holds
   */
  show(room, records) {
    const { brief, me } = room;
    const told = versionOf(room);
    write(this.#version, told);
    this.#version.title = brief.brief_updated_at ? fullTime(brief.brief_updated_at) : "";
    const before = this.#shown;
    if (brief.brief_version === before?.brief_version) return;
    this.#shown = brief;
    const names = new Set(room.roster.keys());
    fill(this.#body, brief.body.trim() ? prose(brief.body, { names, me }) : element("p", { class: "empty" }, "The host has not written one yet."));
    this.#changes.show(before?.body ?? heardBefore(records, brief), brief.body);
    if (before && brief.brief_updated_by !== me) this.onChanged(`The brief changed: ${told}.`);
  }
}

/** @param {Room} room */
function versionOf(room) {
  const { brief_version: version, brief_updated_by: by, brief_updated_at: at } = room.brief;
  const ago = at && `${duration(Math.max(0, Date.now() - Date.parse(at)))} ago`;
  return [`v${version}`, by && ` by ${shownName(room, by)}`, ago && `, ${ago}`].filter(Boolean).join("");
}

/**
 * The body of the brief before this one, as a record that was heard tells it; null when none does.
 *
 * @param {readonly Message[]} records
 * @param {Shape} brief
 * @returns {string | null}
 */
function heardBefore(records, brief) {
  const wanted = brief.brief_version - 1;
  for (const { event } of records) {
    if (event?.kind === "brief.changed" && event.version === wanted) return event.body;
    if (event?.kind === "room.created" && wanted === 1) return event.brief;
  }
  return null;
}
