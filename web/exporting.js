// @ts-check
/** The whole room as a file of the reader's own. It comes in parts, since a broker passes on no answer of any length. */

import { formDialog } from "./views/form-dialog.js";
import { choiceField } from "./views/host/fields.js";

/** @import { Api } from "./api.js" */

const URL_SECONDS = 60; // by then the browser has taken the file
const FORMATS = [
  { value: "md", label: "Markdown", about: "to read", type: "text/markdown" },
  { value: "html", label: "Web page", about: "to read, print and send on", type: "text/html" },
  { value: "json", label: "JSON", about: "to work with; agentgather verify checks that nothing was changed", type: "application/json" },
  { value: "jsonl", label: "JSON Lines", about: "the same, a record a line", type: "application/x-ndjson" },
];

/**
 * Ask for a format, and hand the file to the browser.
 *
 * @param {Api} api
 * @param {string} room its id
 * @returns {Promise<boolean>} whether there was a file
 */
export function exportRoom(api, room) {
  const format = choiceField("As", { name: "export-format", value: "md", options: FORMATS });
  const save = async () => {
    const value = format.chosen();
    const type = FORMATS.find((one) => one.value === value)?.type ?? "text/plain";
    handed(new Blob(await texts(api, value), { type: `${type};charset=utf-8` }), `${room}-export.${value}`);
  };
  return formDialog({ title: `Export ${room}`, action: "Download", onDo: save }, format.node);
}

/**
 * @param {Api} api
 * @param {string} format
 * @returns {Promise<string[]>} which make the file when joined
 */
async function texts(api, format) {
  const found = [];
  for (let sinceId = 0; ; ) {
    const part = await api.exportPart(format, sinceId);
    found.push(part.text);
    if (!part.has_more) return found;
    if (part.next_since_id <= sinceId) throw new Error("the room's export does not go on");
    sinceId = part.next_since_id;
  }
}

/**
 * @param {Blob} file
 * @param {string} name
 */
function handed(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), URL_SECONDS * 1000);
}
