// @ts-check
/** The way to what opens over the room: it comes when the first of it is opened, since the first view needs none. */

/** The dialogs that anybody may open; null when they did not come. @param {Tell} tell */
export const dialogs = (tell) => loaded(() => import("./views/dialogs.js"), tell);

/** Those of the host. @param {Tell} tell */
export const hostDialogs = (tell) => loaded(() => import("./views/host/dialogs.js"), tell);

/** @typedef {(text: string) => void} Tell that the room did not hand them out */

let isComing = false; // a second press before the first dialog is there asks for the same one

/**
 * @template Views
 * @param {() => Promise<Views>} load
 * @param {Tell} tell
 * @returns {Promise<Views | null>}
 */
async function loaded(load, tell) {
  if (isComing) return null;
  isComing = true;
  try {
    return await load();
  } catch {
    tell("That could not be loaded: the room does not answer. Try again, or reload the page.");
    return null;
  } finally {
    isComing = false;
  }
}
