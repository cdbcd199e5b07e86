// @ts-check
/** Where the host writes the brief: counted, shown as it will be, and never over one that changed meanwhile unasked. */

import { element, fill } from "../../dom.js";
import { formDialog } from "../form-dialog.js";
import { prose } from "../prose.js";

/** @import { Room } from "../../shapes.js" */

const UNITS_MAX = 16_000; // docs/protocol.md, POST /brief
const UNITS_LEFT_WARNED = 1_000;

export class BriefEditor {
  #version;
  #counter = element("span", { id: "brief-count", class: "hint" });
  #changed = element("p", { class: "wrong", role: "alert" });
  #preview = element("div", { class: "brief-preview", hidden: true, tabindex: 0, role: "region", "aria-label": "Preview" });
  #text;
  #toggle;

  /**
   * @param {Room} room
   * @param {{draft: string | null, onSave: (body: string) => Promise<unknown>}} about `draft`: what was written here and not saved
   */
  constructor(room, { draft, onSave }) {
    this.room = room;
    this.onSave = onSave;
    this.draft = draft;
    this.#version = room.brief.brief_version;
    this.#text = element("textarea", {
      id: "brief-text",
      rows: 14,
      autofocus: true,
      dir: "auto",
      "aria-describedby": "brief-count",
      input: () => this.#count(),
      keydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.#text.form?.requestSubmit(),
    });
    this.#text.value = draft ?? room.brief.body;
    this.#toggle = element("button", { type: "button", "aria-pressed": "false", click: () => this.#turn() }, "Preview");
    this.#count();
  }

  /** What is written and differs from the brief, null when nothing does. */
  get unsaved() {
    return this.#text.value === this.room.brief.body ? null : this.#text.value;
  }

  /** @returns {Promise<boolean>} whether it was saved */
  open() {
    const label = element("label", { for: "brief-text" }, "Everybody here reads it, each agent on its card. Markdown works.");
    const tools = element("div", { class: "brief-tools" }, this.#counter, this.#toggle);
    const kept = this.draft !== null && element("p", { class: "aside" }, "This is what you had written and not saved. ", this.#afresh());
    const asked = { title: "Edit the brief", kind: "wide", action: "Save", onDo: () => this.#save() };
    return formDialog(asked, kept, element("div", { class: "field" }, label, this.#text, this.#preview, tools), this.#changed);
  }

  /**
   * The room as it is now: the brief may have changed meanwhile.
   *
   * @param {Room} room
   */
  show(room) {
    const { brief_version: version } = room.brief;
    if (version === this.room.brief.brief_version) return;
    this.room = room;
    const take = element("button", { type: "button", class: "quiet", click: () => this.#take() }, "Take the new one instead");
    fill(this.#changed, `The brief has changed meanwhile: it is v${version} now. Saving replaces it with yours. `, take);
  }

  async #save() {
    const { brief_version: version } = this.room.brief;
    if (version !== this.#version) {
      this.#version = version; // who presses again has been told
      throw new Error(`the brief changed while you wrote and is v${version} now. Press Save again to replace it with yours`);
    }
    await this.onSave(this.#text.value);
  }

  #take() {
    this.#text.value = this.room.brief.body;
    this.#version = this.room.brief.brief_version;
    fill(this.#changed);
    this.#count();
    this.#text.focus();
  }

  #afresh = () => element("button", { type: "button", class: "quiet", click: () => this.#take() }, "Begin with the brief as it is");

  #turn() {
    const isPreview = this.#preview.hidden;
    const names = new Set(this.room.roster.keys());
    if (isPreview) fill(this.#preview, prose(this.#text.value, { names, me: this.room.me }));
    this.#preview.hidden = !isPreview;
    this.#text.hidden = isPreview;
    this.#toggle.setAttribute("aria-pressed", String(isPreview));
  }

  #count() {
    const left = UNITS_MAX - this.#text.value.length;
    const state = left < 0 ? "over" : left < UNITS_LEFT_WARNED ? "near" : "far";
    this.#counter.dataset.state = state;
    fill(this.#counter, left < 0 ? `${(-left).toLocaleString()} too many` : `${this.#text.value.length.toLocaleString()} of ${UNITS_MAX.toLocaleString()}`);
  }
}
