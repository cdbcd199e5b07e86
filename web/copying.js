// @ts-check
/** Puts a text where the next paste takes it from, where the browser lets a page do so. */

/**
 * Whether `field`'s text was copied. Where the clipboard is closed to this page, as in a sandbox or without https, the older
 * way is tried; where that is refused too, the text stands selected, for the reader's own keys.
 *
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @returns {Promise<boolean>}
 */
export async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
