import assert from "node:assert/strict";
import { test } from "node:test";

import {
  between, isPage, kept, matrix3d, nextStep, overlap, squareTo, stretched, turned, unturned,
} from "../../review_ui/static/lib/geometry.js";

const SIZE = [210, 297];
const tenth = (value) => Math.round(value * 10) / 10;

function carried([a, b, c, d, e, f, g, h, i], [x, y]) {
  const w = g * x + h * y + i;
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}

test("turning moves the top left corner clockwise, and turning back is its inverse", () => {
  const corner = (turn) => turned([0, 0], turn, 210, 297);
  assert.deepEqual([0, 90, 180, 270].map(corner), [[0, 0], [297, 0], [210, 297], [0, 210]]);
  for (const turn of [0, 90, 180, 270]) {
    assert.deepEqual(unturned(turned([12, 34], turn, 210, 297), turn, 210, 297), [12, 34]);
  }
});

test("the homography carries the corners of the page to the four points", () => {
  const corners = [[10, 20], [190, 5], [220, 310], [3, 280]];
  const map = squareTo(corners, 210, 297);
  for (const [place, corner] of [[0, 0], [210, 0], [210, 297], [0, 297]].entries()) {
    const [x, y] = carried(map, corner);
    assert.ok(Math.hypot(x - corners[place][0], y - corners[place][1]) < 1e-6);
  }
  assert.equal(squareTo([[0, 0], [1, 1], [2, 2], [3, 3]], 210, 297), null);
});

test("CSS gets the matrix column by column", () => {
  assert.equal(matrix3d([1, 2, 3, 4, 5, 6, 7, 8, 9]), "matrix3d(1,4,0,7,2,5,0,8,0,0,1,0,3,6,0,9)");
});

test("four points are a page only clockwise and without a dent", () => {
  const page = [[0, 0], [10, 0], [10, 10], [0, 10]];
  assert.ok(isPage(page));
  assert.ok(!isPage([...page].reverse()));
  assert.ok(!isPage([[0, 0], [10, 0], [2, 2], [0, 10]]));
  assert.ok(!isPage([[0, 0], [10, 10], [10, 0], [0, 10]]));
});

test("a rectangle stays on its page, as large as it may be", () => {
  assert.deepEqual(kept([-5, 290, 20, 10], SIZE, 1), [0, 287, 20, 10]);
  assert.deepEqual(kept([5, 5, 500, 0.2], SIZE, 1), [0, 5, 210, 1]);
});

test("a side that is dragged leaves the opposite one alone, and does not pass it", () => {
  assert.deepEqual(stretched([10, 20, 30, 40], "se", [5, 6], 1, tenth), [10, 20, 35, 46]);
  assert.deepEqual(stretched([10, 20, 30, 40], "nw", [5, 6], 1, tenth), [15, 26, 25, 34]);
  assert.deepEqual(stretched([10, 20, 30, 40], "w", [500, 9], 1, tenth), [39, 20, 1, 40]);
  assert.deepEqual(stretched([10, 20, 30, 40], "s", [9, -500], 1, tenth), [10, 20, 30, 1]);
  assert.deepEqual(stretched([10, 20, 30, 40], "e", [0.14, 0], 1, tenth), [10, 20, 30.1, 40]);
});

test("a frame is drawn in any direction, and ends at the edge of the page", () => {
  assert.deepEqual(between([50, 50], [20, 70], SIZE), [20, 50, 30, 20]);
  assert.deepEqual(between([50, 50], [-20, 700], SIZE), [0, 50, 50, 247]);
});

test("rectangles that touch do not overlap", () => {
  assert.ok(overlap([0, 0, 10, 10], [9, 9, 5, 5]));
  assert.ok(!overlap([0, 0, 10, 10], [10, 0, 5, 5]));
  assert.ok(!overlap([0, 0, 10, 10], [0, 10, 5, 5]));
  assert.ok(!overlap([10, 0, 5, 5], [0, 0, 10, 10]));
  assert.ok(!overlap([0, 10, 5, 5], [0, 0, 10, 10]));
});

test("the zoom goes to the next step, from between two of them, too", () => {
  const steps = [1, 2, 3, 4];
  assert.deepEqual([nextStep(steps, 2, 1), nextStep(steps, 2, -1)], [3, 1]);
  assert.deepEqual([nextStep(steps, 2.5, 1), nextStep(steps, 2.5, -1)], [3, 2]);
  assert.deepEqual([nextStep(steps, 4, 1), nextStep(steps, 1, -1)], [undefined, undefined]);
});
