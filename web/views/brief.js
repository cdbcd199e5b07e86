// @ts-check
/** The room's brief: what everybody here works on, and that it has changed. */

import { element, fill } from "../dom.js";
import { prose } from "./prose.js";

/** @import { Room } from "../shapes.js" */

export class Brief {
  #version = 0;
  #label = element("span", { class: "version" });
  #body = element("div", { class: "brief-body" });
  #news = element("span", { class: "news", role: "status" });
  node = element(
    "section",
    { class: "brief", "aria-labelledby": "brief-title" },
    element("h2", { id: "brief-title" }, "Brief ", this.#label, this.#news),
    this.#body,
  );

  /** @param {Room} room */
  show({ brief, me, roster }) {
    if (brief.brief_version === this.#version) return;
    fill(this.#news, this.#version > 0 && "updated");
    this.#version = brief.brief_version;
    fill(this.#label, `v${brief.brief_version}`);
    const names = new Set(roster.keys());
    fill(this.#body, brief.body.trim() ? prose(brief.body, { names, me }) : element("p", { class: "empty" }, "The host has not written one yet."));
  }
}
