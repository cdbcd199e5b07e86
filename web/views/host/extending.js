// @ts-check
/** Asks how long the room goes on. */

import { duration, fullTime } from "../../clock.js";
import { element } from "../../dom.js";
import { formDialog } from "../form-dialog.js";
import { lengthField } from "./fields.js";

/**
 * Whether the end was moved.
 *
 * @param {{expiresAt: string | null, onExtend: (ttl: string) => Promise<unknown>}} asked
 */
export function askExtension({ expiresAt, onExtend }) {
  const now = expiresAt
    ? `As it is, the room closes in ${duration(Date.parse(expiresAt) - Date.now())}: ${fullTime(expiresAt)}.`
    : "As it is, the room has no end: it stays open until you close it.";
  const ttl = lengthField("From now on, it stays open for", {
    id: "extend-ttl",
    value: "24h",
    options: [
      { value: "1h", label: "1 hour" },
      { value: "4h", label: "4 hours" },
      { value: "24h", label: "1 day" },
      { value: "7d", label: "7 days" },
      { value: "none", label: "as long as I let it: no end" },
    ],
  });
  return formDialog({ title: "Time", action: "Move the end", onDo: () => onExtend(ttl.chosen()) }, element("p", {}, now), ttl.node);
}
