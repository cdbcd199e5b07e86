// @ts-check
/** Where somebody chooses what calls them here: notifications, a sound, or nothing at all. */

import { element, fill } from "../dom.js";
import { MODES } from "../notices.js";

/** @import { Mode, Notices, Permission } from "../notices.js" */

/** @type {Record<Mode, string>} */
const LABELS = { off: "Off", mentions: "When I am mentioned", everything: "For every message" };
/** @type {Record<Permission, string>} */
const WORDS = {
  allowed: "",
  unasked: "Your browser will ask whether this page may.",
  denied: "Not available: your browser was told to show none from this address. Its site settings can change that.",
  sandboxed: "Not available here: rooms at this address are kept apart from one another, and the browser lets none of them notify you.",
  insecure: "Not available here: browsers show them only for pages that come by https.",
  missing: "Not available: this browser shows none for a page.",
};

export class Noticing {
  #modes = MODES.map((mode) => element("input", { type: "radio", name: "notify", value: mode, click: () => void this.notices.choose(mode) }));
  #words = element("p", { class: "words", id: "noticing-words" });
  #sound = element("input", { type: "checkbox", click: () => this.notices.turn("sound", this.#sound.checked) });
  #mute = element("input", { type: "checkbox", click: () => this.notices.turn("mute", this.#mute.checked) });
  #notify = element(
    "fieldset",
    { "aria-describedby": "noticing-words" },
    element("legend", {}, "Notify me"),
    ...this.#modes.map((input, index) => element("label", {}, input, LABELS[MODES[index] ?? "off"])),
  );
  node = element(
    "section",
    { class: "noticing", "aria-labelledby": "noticing-title" },
    element("h2", { id: "noticing-title" }, "Noticing"),
    this.#notify,
    this.#words,
    element("label", {}, this.#sound, "Play a sound for mentions"),
    element("label", {}, this.#mute, "Mute this room"),
  );

  /** @param {Notices} notices */
  constructor(notices) {
    this.notices = notices;
  }

  /** Show what holds now. */
  show() {
    const { mode, permission, isSounding, isMuted } = this.notices;
    this.#notify.disabled = permission !== "allowed" && permission !== "unasked";
    for (const input of this.#modes) input.checked = input.value === mode;
    fill(this.#words, WORDS[permission]);
    this.#words.hidden = WORDS[permission] === "";
    this.#sound.checked = isSounding;
    this.#mute.checked = isMuted;
  }
}
