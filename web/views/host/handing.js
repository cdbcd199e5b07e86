// @ts-check
/** What the host hands to somebody: a link for a person, a command for an agent. It is shown now, and never again. */

import { fullTime } from "../../clock.js";
import { element } from "../../dom.js";
import { copyField } from "../copy-field.js";
import { Dialog } from "../dialog.js";
import { qrCode } from "./qr.js";

/** @import { Invitation } from "../../shapes.js" */

/**
 * @param {Invitation} invitation
 * @param {{title: string}} about
 * @returns {Promise<unknown>} when it was left
 */
export function handOver({ alias, kind, expires_at: end, browser_url: url, card_command: command, qr }, { title }) {
  const isAgent = kind === "agent";
  const link = copyField("The link", { id: "handed-link", text: url, isFirst: !isAgent });
  const card = copyField("A command that fetches the agent's card", { id: "handed-card", text: command, isLong: true, isFirst: isAgent });
  const code = qr && element("figure", { class: "code" }, qrCode(qr, `QR code of the link for ${alias}`), element("figcaption", {}, "For a phone: point its camera here."));
  const agent = [
    element("p", {}, `Give this to ${alias}, for example as the next thing that it is to run. It answers with all an agent needs to take part.`),
    card,
    element("details", {}, element("summary", {}, "The same seat as a link for a browser"), link),
  ];
  const person = [
    element("p", {}, `Send this to ${alias}. Whoever has it speaks as ${alias}, so send it to nobody else.`),
    link,
    code,
    element("details", {}, element("summary", {}, "The same seat as a command"), card),
  ];
  const dialog = new Dialog(
    { title, kind: "handing", isSticky: true },
    ...(isAgent ? agent : person),
    element("p", { class: "aside" }, `${end ? `It works until ${fullTime(end)}. ` : ""}It is shown only now: the room keeps no copy. A new link can be made at any time.`),
    element("div", { class: "choices" }, element("button", { type: "button", class: "main", click: () => dialog.close() }, "Done")),
  );
  return dialog.open();
}
