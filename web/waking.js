// @ts-check
/** Notices that this page comes back: from another tab, from sleep, from no network. What it holds open may be dead by then. */

const LOOK_SECONDS = 5;
const LATE_SECONDS = 20; // a timer so late was not merely busy: the machine slept, or the page was frozen

/**
 * Call `onWake` each time. More often than needed does no harm: a timer is late also in a tab that is hidden for long.
 *
 * @param {() => void} onWake
 */
export function keepAwake(onWake) {
  let seenAt = Date.now();
  setInterval(() => {
    const isLate = Date.now() - seenAt > (LOOK_SECONDS + LATE_SECONDS) * 1000;
    seenAt = Date.now();
    if (isLate) onWake();
  }, LOOK_SECONDS * 1000);
  addEventListener("online", onWake);
  addEventListener("pageshow", (event) => event.persisted && onWake());
  document.addEventListener("resume", onWake);
  document.addEventListener("visibilitychange", () => document.hidden || onWake());
}
