// @ts-check
/** What the room answered, as a sentence that a person reads. */

/**
 * @param {string} text as the room says it, without a capital and a full stop
 */
export function sentence(text) {
  const whole = /[.!?…]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
