// @ts-check
/** Where somebody finds what was said: a field, and its hits, newest first. Beside the room, or over it where that is narrow. */

import { element, fill, write } from "../dom.js";
import { FindHints } from "./find-hints.js";
import { sentence } from "../sentence.js";
import { hitRow } from "./hit.js";

/** @import { Message, Room } from "../shapes.js" */

/** @typedef {"idle" | "searching" | "found" | "failed"} Fate */

/**
 * @typedef {object} Actions
 * @property {(line: string, isRested: boolean) => void} onLine `isRested`: nothing more is typed
 * @property {() => void} onMore
 * @property {(record: Message) => Promise<unknown>} onJump ends when the record is on screen, with the focus on it
 * @property {() => Room} room
 */

const HELP = 'Words, or "words together". from: somebody, type: question, mentions:me.';
const NEAR_PIXELS = 400; // from the end of the list: the next hits come before their reader does
const OVER_THE_ROOM = matchMedia("(max-width: 820px)"); // as find.css

export class Find {
  /** @type {readonly Message[]} */
  #hits = [];
  /** @type {Element | null} */
  #opener = null;
  /** @type {number | null} of the hit that was jumped to */
  #atId = null;
  #isMore = false;
  #fate = "idle";
  #words = "";
  #status = element("p", { class: "count", role: "status" });
  #wrong = element("p", { class: "wrong", role: "status" });
  #list = element("ol", { class: "hits", role: "list", "aria-label": "Found", keydown: (/** @type {KeyboardEvent} */ event) => this.#pressed(event) });

  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.field = element("input", {
      id: "find",
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      maxlength: 400,
      "aria-describedby": "find-help",
      input: () => this.#changed(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.#pressedField(event),
    });
    this.hints = new FindHints(this.field, { onTaken: () => this.#changed() });
    const away = element("button", { type: "button", class: "quiet away-button", "aria-label": "Close", click: () => this.close() }, "✕");
    this.again = element("button", { type: "button", class: "quiet", hidden: true, click: () => actions.onMore() }, "Try again");
    this.more = element("button", { type: "button", class: "quiet more", hidden: true, click: () => actions.onMore() }, "More");
    this.scroller = element("div", { class: "hits-scroller", scroll: () => this.#scrolled() }, this.#list, this.more);
    this.node = element(
      "search",
      {
        class: "find",
        role: "search",
        "aria-labelledby": "find-title",
        hidden: true,
        keydown: (/** @type {KeyboardEvent} */ event) => this.#left(event),
        focusout: (/** @type {FocusEvent} */ event) => this.#lostFocus(event),
      },
      element("div", { class: "find-head" }, element("label", { id: "find-title", for: "find" }, "Find in the room"), away),
      this.field,
      element("p", { id: "find-help", class: "help" }, HELP),
      this.hints.node,
      this.#status,
      element("div", { class: "trouble" }, this.#wrong, this.again),
      this.scroller,
    );
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** @param {string} [line] */
  open(line) {
    if (!this.node.contains(document.activeElement)) this.#opener = document.activeElement;
    const wasOpen = this.isOpen;
    this.node.hidden = false;
    if (line !== undefined) this.field.value = line;
    this.field.focus();
    this.field.select();
    if (!wasOpen || line !== undefined) this.#changed(true);
  }

  /**
   * The field holds `text`, and who typed it types on.
   *
   * @param {string} text
   */
  goOn(text) {
    this.field.value = text;
    this.field.setSelectionRange(text.length, text.length);
    this.#changed(false);
  }

  /** The focus goes to what was found, else to where it was. */
  close() {
    if (!this.isOpen) return;
    const row = this.#atId === null ? null : document.querySelector(`.timeline [data-id="${this.#atId}"]`);
    const [back] = [row, this.#opener].filter((one) => one instanceof HTMLElement && one.isConnected);
    this.node.hidden = true;
    if (back instanceof HTMLElement) back.focus();
  }

  /**
   * @param {readonly Message[]} hits newest first
   * @param {{words: readonly string[], fate: Fate, isMore: boolean, trouble: {text: string, isFinal: boolean} | null}} of
   */
  show(hits, { words, fate, isMore, trouble }) {
    this.#isMore = isMore;
    this.#fate = fate;
    const goesOn = this.#words === words.join("\n") && this.#hits.every((hit, at) => hits[at]?.id === hit.id);
    const shown = goesOn ? this.#hits.length : 0;
    const isStale = fate === "searching" && hits.length === 0; // what was found before stays until there is an answer
    if (!isStale) {
      if (shown === 0) this.#forget();
      const room = this.actions.room();
      this.#list.append(...hits.slice(shown).map((record) => hitRow(record, { room, words, onJump: () => void this.#jump(record) })));
      this.#hits = hits;
      this.#words = words.join("\n");
      this.#rove(this.#list.querySelector("[tabindex='0']") ?? this.#list.querySelector(".hit"));
    }
    this.#list.setAttribute("aria-busy", String(fate === "searching"));
    write(this.#status, countOf(hits.length, fate, isMore));
    write(this.#wrong, trouble ? sentence(trouble.text) : "");
    this.again.hidden = trouble === null || trouble.isFinal;
    this.more.hidden = !isMore || fate !== "found";
    this.#scrolled();
  }

  /** @param {readonly Message[]} kept what of the hits is still there */
  drop(kept) {
    const ids = new Set(kept.map((hit) => String(hit.id)));
    for (const hit of this.#rows()) if (!ids.has(hit.dataset.id ?? "")) hit.parentElement?.remove();
    this.#hits = kept;
    write(this.#status, countOf(kept.length, "found", this.#isMore));
  }

  #forget() {
    fill(this.#list);
    this.scroller.scrollTop = 0;
    this.#atId = null;
  }

  /** @param {boolean} [isRested] */
  #changed(isRested = false) {
    const asked = this.hints.show(this.actions.room());
    this.actions.onLine(isRested ? this.field.value : asked, isRested);
  }

  /** @param {Message} record */
  async #jump(record) {
    const hit = this.#rows().find((one) => one.dataset.id === String(record.id));
    this.#atId = record.id;
    for (const one of this.#rows()) one.toggleAttribute("aria-current", false);
    hit?.setAttribute("aria-current", "true");
    this.#rove(hit ?? null);
    const focused = document.activeElement;
    if (OVER_THE_ROOM.matches) this.node.hidden = true; // before it is scrolled to: what is covered is nowhere
    await this.actions.onJump(record);
    if (this.isOpen && focused instanceof HTMLElement && this.node.contains(focused)) focused.focus();
    hit?.scrollIntoView({ block: "nearest" });
  }

  #rows = () => /** @type {HTMLElement[]} */ ([...this.#list.querySelectorAll(".hit")]);

  /** @param {Element | null} hit which Tab leads to */
  #rove(hit) {
    for (const one of this.#rows()) one.tabIndex = one === hit ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #pressedField(event) {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (this.#list.querySelector("[tabindex='0']"))?.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#fate === "found" && this.#hits.length) this.#step(event.shiftKey ? -1 : 1);
      else this.#changed(true);
    }
  }

  /**
   * To the next hit, or the one before; from the last to the first.
   *
   * @param {1 | -1} by
   */
  #step(by) {
    const at = this.#hits.findIndex((hit) => hit.id === this.#atId);
    const next = at < 0 ? (by > 0 ? 0 : this.#hits.length - 1) : (at + by + this.#hits.length) % this.#hits.length;
    const record = this.#hits[next];
    if (record) void this.#jump(record);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const rows = this.#rows();
    const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next < 0) return this.field.focus();
    const row = rows[next];
    if (!row) return;
    this.#rove(row);
    row.focus();
  }

  /** @param {KeyboardEvent} event */
  #left(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault(); // a browser would empty the field
    event.stopPropagation();
    this.close();
  }

  /** Over the room nothing that it covers has the focus. @param {FocusEvent} event */
  #lostFocus({ relatedTarget }) {
    if (OVER_THE_ROOM.matches && relatedTarget instanceof Node && !this.node.contains(relatedTarget)) this.node.hidden = true;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const isNear = scrollTop > 0 && scrollHeight - scrollTop - clientHeight < NEAR_PIXELS;
    if (isNear && this.#isMore && this.#fate === "found") this.actions.onMore();
  }
}

/**
 * @param {number} count
 * @param {Fate} fate
 * @param {boolean} isMore
 */
function countOf(count, fate, isMore) {
  if (fate === "idle" || (fate === "failed" && count === 0)) return "";
  if (fate === "searching") return count ? `${count} found, looking further back…` : "Looking…";
  if (count === 0) return isMore ? "Nothing found yet; there is more to look through." : "Nothing found.";
  return `${count.toLocaleString()} found${isMore ? ", and there may be more" : ""}`;
}
