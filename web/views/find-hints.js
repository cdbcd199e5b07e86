// @ts-check
/** What a filter of the search may say, offered while it is typed: who is here for `from:`, the types for `type:`. */

import { element, fill } from "../dom.js";
import { PURPOSES } from "../message-types.js";
import { distinctName } from "../names.js";

/** @import { Room } from "../shapes.js" */

/** @typedef {{value: string, label: string}} Hint */

const HINTS_MAX = 6;
const BEGUN = /(?:^|\s)(from|mentions|type):@?([a-z0-9_-]*)$/i;
/** @type {readonly Hint[]} */
const FIRST = ["from:", "type:", "mentions:me"].map((value) => ({ value, label: value }));

export class FindHints {
  node = element("div", { class: "hints", role: "group", "aria-label": "Suggestions", hidden: true });

  /**
   * @param {HTMLInputElement} field
   * @param {{onTaken: () => void}} actions
   */
  constructor(field, { onTaken }) {
    this.field = field;
    this.onTaken = onTaken;
  }

  /**
   * Offer what fits. What the line asks for so far is the answer: without a filter that has yet to become one.
   *
   * @param {Room} room
   * @returns {string}
   */
  show(room) {
    const { value } = this.field;
    const [, filter, begun] = BEGUN.exec(value) ?? [];
    const hints = value.trim() === "" ? FIRST : filter === undefined ? [] : hintsOf(filter.toLowerCase(), room);
    const typed = begun?.toLowerCase() ?? "";
    const offered = hints.filter((hint) => `${hint.value} ${hint.label}`.toLowerCase().includes(typed) && hint.value !== typed).slice(0, HINTS_MAX);
    this.node.hidden = offered.length === 0;
    fill(this.node, ...offered.map((hint) => this.#button(hint, begun)));
    const isBegun = filter !== undefined && offered.length > 0 && !hints.some((hint) => hint.value === typed);
    return isBegun ? value.replace(BEGUN, "") : value;
  }

  /**
   * @param {Hint} hint
   * @param {string | undefined} begun what stands there of it; undefined: nothing does
   */
  #button({ value, label }, begun) {
    const take = () => {
      const { field } = this;
      const kept = begun ? field.value.slice(0, -begun.length) : field.value;
      field.value = kept + value + (value.endsWith(":") ? "" : " ");
      field.focus();
      this.onTaken();
    };
    return element("button", { type: "button", class: "hint", click: take }, element("bdi", {}, label));
  }
}

/**
 * @param {string} filter
 * @param {Room} room
 * @returns {Hint[]}
 */
function hintsOf(filter, room) {
  if (filter === "type") return PURPOSES.map(({ type, label }) => ({ value: type, label }));
  const seats = [...room.roster.values()].sort((one, other) => Number(Boolean(one.removed_at)) - Number(Boolean(other.removed_at)));
  return [{ value: "me", label: "me" }, ...seats.map(({ alias }) => ({ value: alias, label: nameAnd(room, alias) }))];
}

/**
 * @param {Room} room
 * @param {string} alias
 */
function nameAnd(room, alias) {
  const name = distinctName(room, alias);
  return name.includes(alias) ? name : `${name} (${alias})`;
}
