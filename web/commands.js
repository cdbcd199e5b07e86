// @ts-check
/** What a text that begins with a slash asks of the page. Two slashes say it as it is. Pure. */

import { PURPOSES } from "./message-types.js";

/**
 * @typedef {object} Command
 * @property {string} name as it is typed behind the slash
 * @property {string} about what it does
 * @property {string} [type] the type of message that it begins
 * @property {boolean} [isHosts] whether only a host is offered it
 * @property {boolean} [hasWords] whether what follows belongs to it
 *
 * @typedef {{kind: "text", text: string} | {kind: "unknown", name: string} | {kind: "command", command: Command, rest: string}} Reading
 */

const WORDS = new Map([
  ["request_review", "review"],
  ["request_debug", "debug"],
]);

/** @type {readonly Command[]} */
export const COMMANDS = [
  ...PURPOSES.map(({ type, about }) => ({ name: WORDS.get(type) ?? type, about, type, hasWords: true })),
  { name: "preview", about: "how the message will look", hasWords: true },
  { name: "find", about: "search in what was said", hasWords: true },
  { name: "help", about: "the keys of this page" },
  { name: "brief", about: "change what everybody works on", isHosts: true },
  { name: "invite", about: "give somebody a seat", isHosts: true },
  { name: "close", about: "end the room for good", isHosts: true },
];

const TYPED = /^\/([a-z_-]+)(?:\s+([^]*))?$/i; // a path has more slashes: it is no command

/**
 * What `text` asks for, of what is `offered`.
 *
 * @param {string} text
 * @param {readonly Command[]} offered
 * @returns {Reading}
 */
export function readCommand(text, offered) {
  if (text.startsWith("//")) return { kind: "text", text: text.slice(1) };
  const [, typed, rest = ""] = TYPED.exec(text) ?? [];
  if (typed === undefined) return { kind: "text", text };
  const command = offered.find(({ name }) => name === typed.toLowerCase());
  if (!command || (rest.trim() && !command.hasWords)) return { kind: "unknown", name: typed };
  return { kind: "command", command, rest };
}
