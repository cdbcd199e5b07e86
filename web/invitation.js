// @ts-check
/**
 * The token of this tab's seat: out of the address bar at once, kept for this tab and this room only. Where the browser keeps
 * nothing for the page, as for a sandboxed one, the address is all that outlives a reload: there the token stays in it.
 */

const FRAGMENT = /^#?(?:.*&)?token=([^&]+)/;
const LINK = /https?:\/\/[^\s<>"']+#[^\s<>"']*token=[A-Za-z0-9_%-]+/; // also in the middle of a letter
const PASTED_UNITS_MAX = 4096; // a letter with a link in it; nothing longer is looked through
const MESSAGE = /^#(?:m|(?:.*&)?m=)(\d{1,15})(?:&|$)/; // #m12, and #token=…&m=12
const BARE_TOKEN = /^agt_[A-Za-z0-9_-]{20,}$/;

/** Where this room is: every path of its API is below. Ends with a slash. */
export const base = () => new URL("./", document.URL).href.replace(/[?#].*$/, "");

const key = () => `agentgather:token:${location.pathname}`;

/** What a tab keeps until its next load even where the browser keeps nothing. */
const memory = new Map();

/** Whether this browser keeps anything for this page beyond its next load. */
export const isKept = (() => {
  try {
    return Boolean(sessionStorage);
  } catch {
    return false;
  }
})();

/**
 * The token that opened this tab, from the link's fragment or from before a reload; null when there is none.
 *
 * @returns {string | null}
 */
export function takeToken() {
  const token = tokenOf(location.hash);
  if (token === null) return recall(key());
  keepToken(token);
  return token;
}

/**
 * What a pasted text leads to: a token for this room, a link to another room, or null when no invitation is in it.
 *
 * @param {string} text
 * @returns {{token: string} | {link: string} | null}
 */
export function readInvitation(text) {
  const trimmed = text.trim().slice(0, PASTED_UNITS_MAX);
  if (BARE_TOKEN.test(trimmed)) return { token: trimmed };
  const found = LINK.exec(trimmed)?.[0];
  if (!found || !URL.canParse(found)) return null;
  const link = new URL(found);
  const token = tokenOf(link.hash);
  if (token === null) return null;
  const isHere = link.origin === location.origin && link.pathname === location.pathname && (isKept || link.search === location.search);
  return isHere ? { token } : { link: link.href };
}

/**
 * Keep `token` for the next load, where nobody but this tab sees it if there is such a place.
 *
 * @param {string} token
 */
export function keepToken(token) {
  remember(key(), token);
  history.replaceState(history.state, "", addressOf(linkedMessage()));
}

/** Whether the address is a link with a token that was opened in this tab, not one of the places of its own that it returns to. */
export const isOpenedLink = () => tokenOf(location.hash) !== null && !history.state?.place;

/** The message that the address names; null for none. */
export const linkedMessage = () => messageOf(location.hash);

/**
 * The message of this room to which `href` leads; null for anywhere else, and for a link with a token: that is a seat.
 *
 * @param {string} href
 */
export function messageAt(href) {
  const [address = "", hash = ""] = href.split("#", 2);
  return address.replace(/\?.*$/, "") === base() && tokenOf(hash) === null ? messageOf(`#${hash}`) : null;
}

/**
 * The address of this tab with the message `id` in it, or with none. It holds the token only where nothing else keeps it.
 *
 * @param {number | null} id
 */
export function addressOf(id) {
  const token = recall(key());
  if (isKept || token === null) return location.pathname + (id === null ? "" : `#m${id}`);
  return location.pathname + marked(`#token=${encodeURIComponent(token)}${id === null ? "" : `&m=${id}`}`);
}

/**
 * What to give to others who have a seat here: the address of the message `id`, and nobody's token.
 *
 * @param {number} id
 */
export const linkTo = (id) => `${base()}#m${id}`;

/**
 * `fragment` behind a query that nobody can guess. The page of another room may set our path as its own; followed there, an
 * address that differed in its fragment alone would load nothing, and hand the fragment to that page.
 *
 * @param {string} fragment
 */
const marked = (fragment) => (location.search || `?${crypto.getRandomValues(new BigUint64Array(1))[0]?.toString(16)}`) + fragment;

/** @param {string} hash */
const messageOf = (hash) => Number(MESSAGE.exec(hash)?.[1] ?? 0) || null;

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
