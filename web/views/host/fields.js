// @ts-check
/** What the host fills in: a line, one of several, a length of time. Each says what it means. */

import { element } from "../../dom.js";

/**
 * One line of text.
 *
 * @param {string} label
 * @param {{id: string, hint?: string} & Record<string, any>} about the rest are attributes of the input
 */
export function lineField(label, { id, hint, ...attributes }) {
  const described = hint ? `${id}-hint` : null;
  const input = element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", "aria-describedby": described, ...attributes });
  const node = element("div", { class: "field" }, element("label", { for: id }, label), input, hint && element("p", { id: described, class: "hint" }, hint));
  return { node, input };
}

/**
 * One of several, each with what it means.
 *
 * @param {string} legend
 * @param {{name: string, value: string, options: readonly {value: string, label: string, about?: string}[]}} about
 */
export function choiceField(legend, { name, value, options }) {
  const rows = options.map((option) => {
    const input = element("input", { type: "radio", name, value: option.value, checked: option.value === value });
    const words = element("span", {}, option.label, option.about && element("span", { class: "hint" }, ` ${option.about}`));
    return { input, node: element("label", { class: "choice" }, input, words) };
  });
  const node = element("fieldset", { class: "field" }, element("legend", {}, legend), ...rows.map((row) => row.node));
  return { node, chosen: () => rows.find((row) => row.input.checked)?.input.value ?? value };
}

const OTHER = "other";

/**
 * A length of time: one of `options`, or as it is written (`2h`, `1h30m`).
 *
 * @param {string} label
 * @param {{id: string, value: string, options: readonly {value: string, label: string}[]}} about
 */
export function lengthField(label, { id, value, options }) {
  const written = lineField("How long", { id: `${id}-other`, hint: "Days, hours, minutes: 2d, 36h, 1h30m.", placeholder: "1h30m" });
  const choose = () => {
    written.node.hidden = select.value !== OTHER;
    if (!written.node.hidden) written.input.focus();
  };
  const all = [...options, { value: OTHER, label: "another length…" }];
  const select = element(
    "select",
    { id, change: choose },
    ...all.map((option) => element("option", { value: option.value, selected: option.value === value }, option.label)),
  );
  written.node.hidden = true;
  const node = element("div", { class: "field" }, element("label", { for: id }, label), select, written.node);
  return { node, chosen: () => (select.value === OTHER ? written.input.value.trim() : select.value) };
}
