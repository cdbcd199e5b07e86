// @ts-check
/** What became of a message at each of those it is for: the furthest that was seen, in words, and when. */

import { fullTime } from "../clock.js";
import { element } from "../dom.js";
import { distinctName, shown } from "../names.js";
import { Dialog } from "./dialog.js";

/** @import { Delivery, MessageDelivery, Room, Wake } from "../shapes.js" */

/** @type {Record<string, string>} */
const MEANS = {
  recorded: "has not fetched it yet",
  fetched: "was handed it",
  in_context: "has it before them",
  answered: "answered it",
  done: "says that it is done",
};

/**
 * @param {MessageDelivery} told
 * @param {Room} room
 */
export function deliveryDialog({ recipients, need_reply }, room) {
  const open = recipients.filter(({ state }) => state !== "answered" && state !== "done").length;
  return new Dialog(
    { title: "What became of it" },
    recipients.length === 0 && element("p", {}, "It calls nobody: everybody here can read it, and nobody was asked to."),
    need_reply && element("p", {}, open === 0 ? "Everybody whom it asks has answered." : `It waits for ${open} of ${recipients.length} to answer.`),
    element("ul", { class: "readers" }, ...recipients.map((one) => row(one, room))),
  ).open();
}

/**
 * @param {Delivery} one
 * @param {Room} room
 */
function row(one, room) {
  const at = one.done_at ?? one.answered_at ?? one.in_context_at ?? one.fetched_at;
  const told = MEANS[one.state] ?? one.state;
  return element(
    "li",
    { "data-state": one.state },
    element("bdi", { class: "name" }, distinctName(room, one.participant)),
    " ",
    element("span", {}, told),
    " ",
    at !== null && element("time", { class: "about", datetime: at }, fullTime(at)),
    one.wakes.length > 0 && element("ul", {}, ...one.wakes.map(wakeRow)),
  );
}

/** @param {Wake} wake */
function wakeRow({ at, via, outcome, trouble }) {
  const told = `wake by ${via}: ${outcome}${trouble ? ` (${shown(trouble)})` : ""}, ${fullTime(at)}`;
  return element("li", { class: "about", dir: "auto" }, told);
}
