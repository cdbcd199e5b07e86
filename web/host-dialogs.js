// @ts-check
/** The way to the host's dialogs. */

/**
 * The dialogs, once they are here; null when the room did not hand them out, which `tell` then says.
 *
 * @param {(text: string) => void} tell
 */
export async function hostDialogs(tell) {
  try {
    return await import("./views/host/dialogs.js");
  } catch {
    tell("That could not be loaded: the room does not answer. Try again.");
    return null;
  }
}
