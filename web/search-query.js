// @ts-check
/** The line that somebody types to search, as the parameters of GET /search. Pure; the command line reads it alike. */

/**
 * Each is there when the line has it, as typed: the room says what is wrong with it.
 *
 * @typedef {{ q?: string, from?: string, type?: string, mentions?: string }} SearchQuery
 */

// A phrase, which runs to the end when nobody closes it, or a word. Every blank is named: `\s` is another set elsewhere.
const TERM =
  /"([^"]*)"?|([^\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+)/gu;
const FILTER = /^([A-Za-z]+):@?([A-Za-z0-9_-]+)$/;

/**
 * The words of a line or of a `q`, in order, and its phrases without their quotes.
 *
 * @param {string} line
 * @returns {{ text: string, isPhrase: boolean }[]}
 */
export function terms(line) {
  return [...line.matchAll(TERM)].map(([, phrase, word]) => ({ text: word ?? phrase ?? "", isPhrase: word === undefined }));
}

/**
 * What `line` asks for. `from:`, `type:` and `mentions:` are filters wherever they stand outside quotes, in any case, with
 * or without an `@`; of one that stands twice the last counts. All else is looked for.
 *
 * @param {string} line
 * @returns {SearchQuery}
 */
export function readLine(line) {
  /** @type {SearchQuery} */
  const asked = {};
  const kept = [];
  for (const { text, isPhrase } of terms(line)) {
    const [, name, value] = (!isPhrase && FILTER.exec(text)) || [];
    const filter = name?.toLowerCase();
    if (value && (filter === "from" || filter === "type" || filter === "mentions")) asked[filter] = value.toLowerCase();
    else kept.push(isPhrase ? `"${text}"` : text);
  }
  return kept.length ? { q: kept.join(" "), ...asked } : asked;
}
