// @ts-check
/** The token of this tab's seat: out of the address bar at once, kept for this tab and this room only. */

const FRAGMENT = /^#?(?:.*&)?token=([^&]+)/;
const BARE_TOKEN = /^agt_[A-Za-z0-9_-]{20,}$/;

/** Where this room is: every path of its API is below. Ends with a slash. */
export const base = () => new URL("./", document.URL).href.replace(/[?#].*$/, "");

const key = () => `agentgather:token:${location.pathname}`;

/** What a tab keeps even where the browser keeps nothing (a sandboxed page). */
const memory = new Map();

/**
 * The token that opened this tab, from the link's fragment or from before a reload; null when there is none.
 *
 * @returns {string | null}
 */
export function takeToken() {
  const token = tokenOf(location.hash);
  if (token === null) return recall(key());
  remember(key(), token);
  history.replaceState(history.state, "", location.pathname + location.search);
  return token;
}

/**
 * What a pasted text leads to: a token for this room, a link to another room, or null when it is no invitation.
 *
 * @param {string} text
 * @returns {{token: string} | {link: string} | null}
 */
export function readInvitation(text) {
  const trimmed = text.trim();
  if (BARE_TOKEN.test(trimmed)) return { token: trimmed };
  if (!URL.canParse(trimmed)) return null;
  const link = new URL(trimmed);
  const token = tokenOf(link.hash);
  if (token === null || !["http:", "https:"].includes(link.protocol)) return null;
  const isHere = link.origin === location.origin && link.pathname === location.pathname;
  return isHere ? { token } : { link: link.href };
}

/** @param {string} token */
export function keepToken(token) {
  remember(key(), token);
}

/**
 * @param {string} hash
 * @returns {string | null}
 */
function tokenOf(hash) {
  const found = FRAGMENT.exec(hash);
  try {
    return found?.[1] ? decodeURIComponent(found[1]) : null;
  } catch {
    return null;
  }
}

/**
 * Keep `text` under `name` for this tab.
 *
 * @param {string} name
 * @param {string} text
 */
export function remember(name, text) {
  memory.set(name, text);
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // storage is closed to this page; the tab itself remembers
  }
}

/**
 * @param {string} name
 * @returns {string | null}
 */
export function recall(name) {
  try {
    return sessionStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}
