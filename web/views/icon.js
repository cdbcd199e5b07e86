// @ts-check
/** Signs that are drawn: they take the colour of the text around them, and say nothing to who does not see them. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * A drawing of 24 by 24 units.
 *
 * @param {...string} paths as an SVG path's `d`
 */
function drawing(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export const lens = () => drawing("M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13", "M15.5 15.5L20.5 20.5");
