// @ts-check
/** The link to a message, where the browser does not let the page copy it unasked. */

import { element } from "../dom.js";
import { copyField } from "./copy-field.js";
import { Dialog } from "./dialog.js";

/** @param {string} link */
export const linkDialog = (link) =>
  new Dialog(
    { title: "Link to this message" },
    element("p", {}, "It opens for whoever has a seat in this room."),
    copyField("Link", { text: link, id: "message-link", isFirst: true }),
  ).open();
