// @ts-check
/** The keys of the whole page: F6 goes from part to part, and single letters work wherever nobody is typing. */

const FOCUSABLE = "button, a[href], input, textarea, select, summary, [tabindex='0']";

/** @typedef {{key: string, does: () => void}} Shortcut `key` as KeyboardEvent tells it */

/**
 * Whether a letter pressed at `target` belongs to what is written there.
 *
 * @param {EventTarget | null} target
 */
const isTyping = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog, [role='menu']") !== null;

/**
 * Listen for `shortcuts`, and for F6 to go from one of `parts` to the next, with Shift to the one before. A part that is not
 * on screen is passed over.
 *
 * @param {{parts: readonly HTMLElement[], shortcuts: readonly Shortcut[]}} page
 */
export function listenForKeys({ parts, shortcuts }) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "F6" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      return goOn(parts, event.shiftKey ? -1 : 1);
    }
    const shortcut = shortcuts.find(({ key }) => key === event.key);
    if (!shortcut || isTyping(event.target)) return;
    event.preventDefault();
    shortcut.does();
  });
}

/**
 * @param {readonly HTMLElement[]} parts
 * @param {1 | -1} step
 */
function goOn(parts, step) {
  const shown = parts.filter((part) => part.getClientRects().length > 0);
  const at = shown.findIndex((part) => part.contains(document.activeElement));
  const next = shown[(Math.max(at, step < 0 ? 0 : -1) + step + shown.length) % shown.length];
  if (next) firstIn(next).focus();
}

/**
 * What takes the focus when a part is gone to: the list's own row, a field, or the part itself.
 *
 * @param {HTMLElement} part
 */
function firstIn(part) {
  const candidates = /** @type {HTMLElement[]} */ ([...part.querySelectorAll(FOCUSABLE)]);
  const found = candidates.find((one) => one.tabIndex >= 0 && !one.matches(":disabled") && one.checkVisibility({ visibilityProperty: true }));
  if (found) return found;
  part.tabIndex = -1;
  return part;
}
