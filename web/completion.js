// @ts-check
/** What the text before the caret begins: somebody's name behind an @, or a command behind a slash. Pure. */

import { attendance, isHere, present } from "./attendance.js";
import { nameOf, shown } from "./names.js";

/** @import { Command } from "./commands.js" */
/** @import { Room, Seat } from "./shapes.js" */

const QUERY_UNITS_MAX = 64; // a display name's length
const OPTIONS_MAX = 8;
const BEGUN_NAME = /(?:^|[^\p{L}\p{N}_-])@((?:[^\s@`][^\n@`]*)?)$/u;
const BEGUN_COMMAND = /^\/([a-z_-]*)$/i;

/**
 * @typedef {object} Begun
 * @property {"name" | "command"} kind
 * @property {number} from where in the text its sign stands
 * @property {string} query what is typed behind the sign
 *
 * @typedef {object} Option
 * @property {string} value what is put in, its sign included
 * @property {string} label
 * @property {string} about
 * @property {Seat} [seat] whom it calls
 * @property {Command} [command]
 */

/**
 * What is begun at `caret`, null when nothing is.
 *
 * @param {string} text
 * @param {number} caret
 * @returns {Begun | null}
 */
export function begunAt(text, caret) {
  const command = caret <= QUERY_UNITS_MAX ? BEGUN_COMMAND.exec(text.slice(0, caret)) : null;
  if (command) return { kind: "command", from: 0, query: command[1] ?? "" };
  const before = text.slice(Math.max(0, caret - QUERY_UNITS_MAX - 2), caret);
  const query = BEGUN_NAME.exec(before)?.[1];
  if (query === undefined || isInCode(text, caret)) return null;
  return { kind: "name", from: caret - query.length - 1, query };
}

/**
 * Those whom `query` may mean, by alias or by any word of their name: who hears it now comes first. None when it is an alias
 * already and something else follows.
 *
 * @param {Room} room
 * @param {string} query
 * @returns {Option[]}
 */
export function named(room, query) {
  const words = plainly(query);
  const [first = ""] = words.split(" ");
  if (words !== first && room.roster.has(first)) return [];
  return present(room)
    .filter((seat) => seat.alias !== room.me && isMeant(seat, words))
    .sort((one, other) => Number(isHere(other)) - Number(isHere(one)) || one.alias.localeCompare(other.alias))
    .slice(0, OPTIONS_MAX)
    .map((seat) => ({ value: `@${seat.alias} `, label: nameOf(seat, seat.alias), about: attendance(seat, room), seat }));
}

/**
 * @param {readonly Command[]} offered
 * @param {string} query
 * @returns {Option[]}
 */
export const commanded = (offered, query) =>
  offered
    .filter(({ name }) => name.startsWith(query.toLowerCase()))
    .map((command) => ({ value: `/${command.name} `, label: `/${command.name}`, about: command.about, command }));

/**
 * @param {Seat} seat
 * @param {string} words
 */
function isMeant(seat, words) {
  const name = plainly(nameOf(seat, seat.alias));
  return seat.alias.startsWith(words) || name.startsWith(words) || name.includes(` ${words}`);
}

/** @param {string} text */
const plainly = (text) => shown(text.trimEnd()).toLowerCase() + (/\s$/.test(text) ? " " : "");

/**
 * Whether an odd number of backticks stands before the caret in its line.
 *
 * @param {string} text
 * @param {number} caret
 */
const isInCode = (text, caret) => (text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret).split("`").length - 1) % 2 === 1;
