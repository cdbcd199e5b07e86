// @ts-check
/** All of a contract: a version's differences from the one before it, who knows of them, and its document. */

import { fullTime } from "../clock.js";
import { element, fill } from "../dom.js";
import { shownName } from "../fold.js";
import { shown } from "../names.js";
import { sentence } from "../sentence.js";
import { broken } from "./contract-list.js";
import { Dialog } from "./dialog.js";
import { marked } from "./marked.js";

/** @import { Api } from "../api.js" */
/** @import { Room } from "../shapes.js" */
/** @import { Change, Difference } from "../contract-board.js" */

/**
 * @typedef {object} Version
 * @property {number} version
 * @property {string} note
 * @property {string} put_by
 * @property {string} put_at
 * @property {(Change & {differences: readonly Difference[]}) | null} change
 * @property {readonly string[]} asked
 * @property {readonly {alias: string, at: string}[]} acknowledged
 * @property {readonly string[]} pending
 * @property {object} document
 */

/**
 * Show a contract until it is put away. Raises what the room answers.
 *
 * @param {{name: string, api: Api, room: Room}} of
 */
export async function showContract({ name, api, room }) {
  const { version, versions } = await api.contract(name);
  const place = element("div", { class: "contract-version" });
  const wrong = element("p", { class: "wrong", role: "alert" });
  const choice = element(
    "select",
    { id: "contract-version", change: () => void choose(Number(choice.value)) },
    ...versions.map((one) => element("option", { value: one.version }, `v${one.version}${one.change ? `, ${broken(one.change)}` : ""}`)),
  );
  const field = element("div", { class: "field" }, element("label", { for: "contract-version" }, "Version"), choice);
  let at = version.version;
  fill(place, ...shownVersion(version, room));
  await new Dialog({ title: name }, field, wrong, place).open();

  /** @param {number} number */
  async function choose(number) {
    const isAsked = () => Number(choice.value) === number; // and not another since
    try {
      const chosen = await api.contract(name, number);
      if (!isAsked()) return;
      at = number;
      fill(place, ...shownVersion(chosen.version, room));
      fill(wrong, "");
    } catch (error) {
      if (!isAsked()) return;
      choice.value = String(at); // what is shown is still that one
      fill(wrong, sentence(/** @type {Error} */ (error).message));
    }
  }
}

/**
 * @param {Version} version
 * @param {Room} room
 */
function shownVersion(version, room) {
  const names = (/** @type {readonly string[]} */ aliases) => aliases.map((alias) => shownName(room, alias)).join(", ");
  const facts = element("dl", { class: "facts" });
  for (const [name, value] of [
    ["Put", `by ${shownName(room, version.put_by)}, ${fullTime(version.put_at)}`],
    ["Note", shown(version.note)],
    ["It", version.change && broken(version.change)],
    ["Acknowledged", names(version.acknowledged.map(({ alias }) => alias))],
    ["Not yet", names(version.pending)],
  ])
    if (name && value) facts.append(element("dt", {}, name), element("dd", {}, value));
  const text = marked(JSON.stringify(version.document, null, 2), { isCode: true });
  const document = element("pre", { class: "contract-document", role: "region", tabindex: 0, "aria-label": "Document" }, ...text);
  const { change } = version;
  if (!change || change.count === 0) return [facts, document];
  const left = change.count - change.differences.length;
  const more = left > 0 ? element("p", {}, `And ${left} more.`) : null;
  const list = element("ul", { class: "differences" }, ...change.differences.map(shownDifference));
  return [facts, element("h3", {}, "What changed"), list, more ?? "", element("h3", {}, "Document"), document];
}

/** What it says of the document may turn over or hide no word of the page. @param {Difference} one */
const shownDifference = (one) =>
  element(
    "li",
    {},
    element("code", {}, ...marked(one.path || "/", { isCode: true })),
    ` ${one.kind.replaceAll("_", " ")}: ${broken({ ...one, count: 1 })}`,
    element("div", { class: "was-and-now" }, ...marked(`${one.was ?? "nothing"} → ${one.now ?? "nothing"}`, { isCode: true })),
  );
