// Points between the decoded page and the turned picture, and the map of one quadrangle to another. Pure functions.

// A point of a page of `width` x `height`, after turning it clockwise by `turn` degrees.
export function turned([x, y], turn, width, height) {
  if (turn === 90) return [height - y, x];
  if (turn === 180) return [width - x, height - y];
  if (turn === 270) return [y, width - x];
  return [x, y];
}

// The inverse: back to the page as decoded.
export function unturned([x, y], turn, width, height) {
  if (turn === 90) return [y, height - x];
  if (turn === 180) return [width - x, height - y];
  if (turn === 270) return [width - y, x];
  return [x, y];
}

// The homography (nine numbers, row by row) that carries the corners of a `width` x `height` rectangle, clockwise from the
// top left, to four points; null when there is none. After Heckbert (1989), Fundamentals of Texture Mapping, 2.2.3.
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

// The same as the value of CSS `transform`.
export function matrix3d([a, b, c, d, e, f, g, h, i]) {
  return `matrix3d(${[a, d, 0, g, b, e, 0, h, 0, 0, 1, 0, c, f, 0, i].join(",")})`;
}

// Whether four points go round clockwise (on a screen) without a dent: then they can be the corners of a page seen from its front.
export function isPage(corners) {
  return corners.every(([x, y], place) => {
    const [nx, ny] = corners[(place + 1) % 4];
    const [mx, my] = corners[(place + 2) % 4];
    return (nx - x) * (my - ny) - (ny - y) * (mx - nx) > 1;
  });
}
