// Conversion of points between the decoded page and the rotated picture, and homographies between quadrilaterals. Pure
// functions.

/** @import { Point, Rect } from "./types.js" */

/**
 * A point of a page of `width` x `height`, after rotating the page clockwise by `turn` degrees.
 *
 * @param {Point} point
 * @param {number} turn 0, 90, 180 or 270
 * @param {number} width
 * @param {number} height
 * @returns {Point}
 */
export function turned([x, y], turn, width, height) {
  if (turn === 90) return [height - y, x];
  if (turn === 180) return [width - x, height - y];
  if (turn === 270) return [y, width - x];
  return [x, y];
}

/**
 * The inverse: back to the page as decoded.
 *
 * @param {Point} point
 * @param {number} turn
 * @param {number} width
 * @param {number} height
 * @returns {Point}
 */
export function unturned([x, y], turn, width, height) {
  if (turn === 90) return [y, height - x];
  if (turn === 180) return [width - x, height - y];
  if (turn === 270) return [width - y, x];
  return [x, y];
}

/**
 * The homography (nine numbers, row by row) that maps the corners of a `width` x `height` rectangle, clockwise from
 * the top left, to four points; null when there is none. After Heckbert (1989), Fundamentals of Texture Mapping, 2.2.3.
 *
 * @param {Point[]} corners
 * @param {number} width
 * @param {number} height
 */
export function squareTo(corners, width, height) {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const [sx, sy] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const area = dx1 * dy2 - dx2 * dy1;
  if (Math.abs(area) < 1e-9) return null;
  const g = (sx * dy2 - dx2 * sy) / area;
  const h = (dx1 * sy - sx * dy1) / area;
  const rows = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
  return rows.map((value, place) => (place % 3 === 0 ? value / width : place % 3 === 1 ? value / height : value));
}

/**
 * The same as the value of CSS `transform`.
 *
 * @param {number[]} homography
 */
export function matrix3d([a, b, c, d, e, f, g, h, i]) {
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

/**
 * Whether four points form a convex quadrilateral, clockwise on the screen: then they can be the corners of a page seen
 * from its front.
 *
 * @param {Point[]} corners
 */
export function isPage(corners) {
  return corners.every(([x, y], place) => {
    const [nx, ny] = corners[(place + 1) % 4];
    const [mx, my] = corners[(place + 2) % 4];
    return (nx - x) * (my - ny) - (ny - y) * (mx - nx) > 1;
  });
}

/**
 * A rectangle moved into a page and clipped to its size; no side becomes shorter than `least`.
 *
 * @param {Rect} rect
 * @param {Point} size of the page
 * @param {number} least
 * @returns {Rect}
 */
export function kept([x, y, w, h], [width, height], least) {
  const [kw, kh] = [Math.min(Math.max(w, least), width), Math.min(Math.max(h, least), height)];
  return [Math.min(Math.max(x, 0), width - kw), Math.min(Math.max(y, 0), height - kh), kw, kh];
}

/**
 * A rectangle after one side or corner ("n", "ne", ...) was dragged by [dx, dy]; the opposite one stays where it is.
 *
 * @param {Rect} rect
 * @param {string} side
 * @param {Point} drag
 * @param {number} least
 * @param {(value: number) => number} snap
 * @returns {Rect}
 */
export function stretched([x, y, w, h], side, [dx, dy], least, snap) {
  let [left, top, right, bottom] = [x, y, x + w, y + h];
  if (side.includes("w")) left = Math.min(snap(left + dx), right - least);
  if (side.includes("e")) right = Math.max(snap(right + dx), left + least);
  if (side.includes("n")) top = Math.min(snap(top + dy), bottom - least);
  if (side.includes("s")) bottom = Math.max(snap(bottom + dy), top + least);
  return [left, top, right - left, bottom - top];
}

/**
 * The rectangle between two points, the second one clamped to the page.
 *
 * @param {Point} from
 * @param {Point} to
 * @param {Point} size of the page
 * @returns {Rect}
 */
export function between([x, y], to, [width, height]) {
  const [right, bottom] = [Math.min(Math.max(to[0], 0), width), Math.min(Math.max(to[1], 0), height)];
  return [Math.min(x, right), Math.min(y, bottom), Math.abs(right - x), Math.abs(bottom - y)];
}

/**
 * Whether two rectangles overlap; touching is not enough.
 *
 * @param {Rect} one
 * @param {Rect} other
 */
export function overlap([x, y, w, h], [left, top, width, height]) {
  return x < left + width && left < x + w && y < top + height && top < y + h;
}

/**
 * The next larger (1) or smaller (-1) of the steps of a zoom; undefined where there is none.
 *
 * @param {number[]} steps in ascending order
 * @param {number} now
 * @param {number} direction
 */
export function nextStep(steps, now, direction) {
  return direction > 0 ? steps.find((step) => step > now + 0.01) : steps.findLast((step) => step < now - 0.01);
}
