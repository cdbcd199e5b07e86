// @ts-check
/** What of the room somebody wants to see: all of it, what was said, what calls them, or what one participant says. Pure. */

import { distinctName } from "./names.js";

/** @import { Message, Room } from "./shapes.js" */

/** @typedef {{kind: "all"} | {kind: "said"} | {kind: "mentions"} | {kind: "only", alias: string}} Filter */

/** @type {Filter} */
export const ALL = { kind: "all" };

/**
 * Which records `filter` keeps, null when it keeps all.
 *
 * @param {Filter} filter
 * @param {string} me
 * @returns {((record: Message) => boolean) | null}
 */
export function keepsOf(filter, me) {
  if (filter.kind === "said") return (record) => record.from !== "system";
  if (filter.kind === "mentions") return (record) => record.mentions.includes(me);
  if (filter.kind === "only") return (record) => record.from === filter.alias;
  return null;
}

/**
 * Whether `filter` keeps something from its reader that was said: what they do not see is not thereby read.
 *
 * @param {Filter} filter
 */
export const hidesMessages = (filter) => filter.kind === "mentions" || filter.kind === "only";

/**
 * What is shown, in words.
 *
 * @param {Filter} filter
 * @param {Room} room
 */
export function wordsOf(filter, room) {
  if (filter.kind === "said") return "Only messages, without the room's notes";
  if (filter.kind === "mentions") return "Only what mentions you";
  if (filter.kind === "only") return filter.alias === room.me ? "Only your own messages" : `Only messages of ${distinctName(room, filter.alias)}`;
  return "Everything";
}
