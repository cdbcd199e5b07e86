// @ts-check
/** Names as they are shown: without what cannot be seen, and never mistaken for another's. Pure. */

import { seen } from "./invisible.js";

/** @import { Room, Seat } from "./shapes.js" */

const MARKS_MAX = 3; // above and below one letter; no script needs more, and a tower of them reaches into other lines
// Marks in a row are put into an order, each past those before it; thousands of them would hold the page for as long as it takes
// (UAX 15, section 13: thirty are more than any language has).
const HEAP = new RegExp(String.raw`(\p{M}{30})\p{M}+`, "gu");
const TOWER = new RegExp(String.raw`(\p{M}{${MARKS_MAX}})\p{M}+`, "gu");
// Letters of other scripts that look like Latin ones, in pairs (a choice of Unicode's confusables, UTS 39).
const ALIKE = "аaвbеeкkмmнhоoрpсcтtуyхxіiјjѕsԁdԛqԝwһhӏlɡgοoαaεeιiκkνvρpτtυuχxγyηnωwօoսuոnհhցg0o1lil|l5s";
const LATIN = new Map((ALIKE.match(/../gu) ?? []).map((pair) => /** @type {[string, string]} */ ([...pair])));

/** @type {WeakMap<ReadonlyMap<string, Seat>, Map<string, Set<string>>>} */
const looksOf = new WeakMap();

/**
 * `text` on one line, as far as it can be seen: nothing in it turns a line over, hides, or reaches into other lines.
 *
 * @param {string} text
 */
export const shown = (text) => seen(text).replace(HEAP, "$1").normalize("NFC").replace(TOWER, "$1").replace(/\s+/gu, " ").trim();

/**
 * @param {Seat | undefined} seat
 * @param {string} alias
 */
export const nameOf = (seat, alias) => shown(seat?.display_name ?? "") || alias;

/**
 * The name of `alias` where no alias stands beside it. Where somebody else's looks the same, the alias tells them apart: it is
 * ASCII, and the room gave it.
 *
 * @param {Room} room
 * @param {string} alias
 */
export function distinctName({ roster }, alias) {
  const name = nameOf(roster.get(alias), alias);
  if (name === alias) return name;
  const look = lookOf(name);
  const alike = looks(roster).get(look);
  const isFalse = ROOMS_OWN.has(look) || name.endsWith(")"); // as if the room spoke, or as if it had told two apart
  return isFalse || (alike && (alike.size > 1 || !alike.has(alias))) ? `${name} (${alias})` : name;
}

/**
 * Who looks how, by name or by alias; once a roster.
 *
 * @param {ReadonlyMap<string, Seat>} roster
 */
function looks(roster) {
  const known = looksOf.get(roster);
  if (known) return known;
  /** @type {Map<string, Set<string>>} */
  const found = new Map();
  for (const [alias, seat] of roster) {
    for (const look of [lookOf(alias), lookOf(nameOf(seat, alias))]) found.set(look, (found.get(look) ?? new Set()).add(alias));
  }
  looksOf.set(roster, found);
  return found;
}

/** What is left of `name` for an eye in a hurry: no case, no accents, no signs, one letter for all that look like it. @param {string} name */
const lookOf = (name) => [...name.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}|]/gu, "")].map((letter) => LATIN.get(letter) ?? letter).join("");

const ROOMS_OWN = new Set(["room", "The room", "system", "Agent Gather"].map(lookOf)); // it speaks in the same places
