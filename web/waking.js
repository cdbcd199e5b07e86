// @ts-check
/** Notices that this page comes back, from another tab or from sleep, and that its network is another. What it holds open may be dead. */

const LOOK_SECONDS = 5;
const LATE_SECONDS = 20; // a timer so late was not merely busy: the machine slept, or the page was frozen

/**
 * Call `onWake` each time the page comes back; more often than needed does no harm, since a timer is late also in a tab that
 * is hidden for long. Call `onMove` when the network has gone or come.
 *
 * @param {{onWake: () => void, onMove: () => void}} listener
 */
export function keepAwake({ onWake, onMove }) {
  let seenAt = Date.now();
  setInterval(() => {
    const isLate = Date.now() - seenAt > (LOOK_SECONDS + LATE_SECONDS) * 1000;
    seenAt = Date.now();
    if (isLate) onWake();
  }, LOOK_SECONDS * 1000);
  addEventListener("online", onMove);
  addEventListener("offline", onMove);
  addEventListener("pageshow", (event) => event.persisted && onWake());
  document.addEventListener("resume", onWake);
  document.addEventListener("visibilitychange", () => document.hidden || onWake());
}
