// @ts-check
/** A QR code as a drawing: dark on light in either theme, as a camera wants it. */

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 4; // the light margin that belongs to a code (ISO/IEC 18004)

/**
 * @param {readonly string[]} rows of `0` and `1` (dark), square
 * @param {string} label what it leads to
 */
export function qrCode(rows, label) {
  const side = rows.length + 2 * QUIET_MODULES;
  const drawing = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [name, value] of [["class", "qr"], ["viewBox", `0 0 ${side} ${side}`], ["role", "img"], ["aria-label", label]]) drawing.setAttribute(name ?? "", value ?? "");
  path.setAttribute("d", rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => bar(run.index, y, run[0].length))).join(""));
  drawing.append(path);
  return drawing;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} length
 */
const bar = (x, y, length) => `M${x + QUIET_MODULES} ${y + QUIET_MODULES}h${length}v1h-${length}z`;
