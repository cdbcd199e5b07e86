// @ts-check
/** Where a link may lead, and what it has to say of that: the host as the browser understands it, not as it was written. Pure. */

import { isEvasive } from "../invisible.js";

const TRAILING = ".,;:!?)]}*_~'"; // belongs to the sentence, not to the link

/**
 * @typedef {object} Target
 * @property {string} href without a user's name or password: neither is for a room to pass on
 * @property {string} host with its port, international names as the browser resolves them (punycode); an address of mail
 */

/**
 * Where `written` leads, when it is a whole address of the web or of mail; null when it is anything else.
 *
 * @param {string} written
 * @returns {Target | null}
 */
export function target(written) {
  if (!URL.canParse(written)) return null;
  const url = new URL(written);
  if (url.protocol === "mailto:") {
    return url.pathname.includes("@") ? { href: `mailto:${url.pathname}`, host: url.pathname } : null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  url.username = url.password = "";
  return { href: url.href, host: url.host };
}

/**
 * The words of a link that was written as a bare address: as it was, unless that hides where it leads.
 *
 * @param {string} written
 * @param {Target} target
 */
export function wordsOf(written, { href, host }) {
  const start = href.startsWith("mailto:") ? `mailto:${host}` : `${href.slice(0, href.indexOf(":"))}://${host}`;
  return written.startsWith(start) && /^[/?#]?$/.test(written.charAt(start.length)) && !isEvasive(written) ? written : href;
}

/**
 * Whether `words` begin with `host` as it stands here, so that it need not be said again.
 *
 * @param {string} words
 * @param {string} host
 */
export function isSaid(words, host) {
  const said = words.trim().replace(/^https?:\/\//, "");
  return said.startsWith(host) && /^[/?#]?$/.test(said.charAt(host.length)) && !isEvasive(said);
}

/**
 * `found` without what ends the sentence around it. A bracket that was opened within belongs to the address.
 *
 * @param {string} found
 */
export function withoutTrailing(found) {
  let end = found.length;
  let unclosed = 0; // how many more brackets close than open
  for (const letter of found) unclosed += letter === ")" ? 1 : letter === "(" ? -1 : 0;
  while (end > 0 && TRAILING.includes(found.charAt(end - 1))) {
    if (found.charAt(end - 1) === ")" && unclosed-- <= 0) break;
    end -= 1;
  }
  return found.slice(0, end);
}
