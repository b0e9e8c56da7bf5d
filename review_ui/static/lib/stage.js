// The picture of a page with four corners to drag: by mouse, touch and keyboard, with a magnifier at the corner and the
// blank page's print overlaid on the scan. All positions are set through the DOM; the markup contains no styles.

import { isPage, matrix3d, squareTo, turned, unturned } from "./geometry.js";
import { $ } from "./view.js";

/** @import { Corners, Point, Texts, Values } from "./types.js" */
/** @typedef {{ room: number, scale: number, fit: number }} Frame */
/** @typedef {{ dx: number, dy: number, room: number, fit: number }} Dragging */

const ROOM = 0.12; // margin around the picture as a fraction of its longer side, for corners that were cut off
const MOST_ROOM = 0.4;
const STEP = 0.002; // of the longer side: 0.6 mm on A4
const LARGE_STEP = 0.02;
const ZOOMS = [1, 1.5, 2, 3, 4];
const MAGNIFIED = 3; // picture pixels are shown three times as large in the magnifier
const LENS_GAP = 34; // CSS pixels between a corner and the magnifier
const SAY_MS = 500; // a corner is announced after resting this long

/** @type {Record<string, Point>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Stage {
  /** @type {{ id: number, width: number, height: number }} */
  #page = { id: 0, width: 0, height: 0 }; // as decoded; width 0 while there is none
  #turn = 0;
  /** @type {Point[]} */
  #corners = []; // in decoded pixels, starting with the printed page's top left
  /** @type {Point[]} */
  #preset = [];
  #zoom = 1;
  /** @type {Point | null} */
  #blankSize = null;
  /** @type {Dragging | null} */
  #dragging = null;
  /** @type {HTMLElement | null} */
  #magnified = null;
  #saying = 0;
  touched = false; // somebody has moved a corner

  /**
   * @param {{
   *   moved: (state: { good: boolean }) => void,
   *   say: (words: string, values?: Values) => void,
   *   texts: Texts,
   * }} ways
   */
  constructor({ moved, say, texts }) {
    this.moved = moved;
    this.say = say;
    this.texts = texts;
    this.handles = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".handle"))];
    for (const handle of this.handles) this.#bind(handle);
    new ResizeObserver(() => this.draw()).observe($("viewport"));
    $("overlay").addEventListener("input", () => this.draw());
    $("blank").addEventListener("load", () => this.#blankLoaded());
    $("picture").addEventListener("load", () => this.#pictureLoaded());
    $("picture").addEventListener("error", () => this.#text(this.texts["picture-failed"]));
    $("magnifier").addEventListener("pointerdown", () => this.#magnify(null));
  }

  get corners() {
    return copied(this.#corners);
  }

  /**
   * @param {number} id
   * @param {Corners} corners
   * @param {string} alt
   */
  show(id, { width, height, corners_px: corners, turn }, alt) {
    this.#page = { id, width, height };
    this.#preset = corners;
    this.#corners = copied(corners);
    this.#turn = turn;
    this.#zoom = 1;
    this.touched = false;
    $("picture").alt = alt;
    this.#text(width ? this.texts.loading : this.texts["picture-failed"]);
    this.#blankSize = null;
    $("blank").hidden = true;
    this.#load();
    this.draw();
  }

  /**
   * Sets the corners proposed for another form, unless somebody has already moved one.
   *
   * @param {Corners} corners
   */
  suggest({ corners_px: corners, turn }) {
    if (this.touched || !corners.length) return;
    this.#preset = corners;
    this.#corners = copied(corners);
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#load();
    }
    this.draw();
  }

  /** @param {string} url of the blank page, "" for none */
  blank(url) {
    if (!url) {
      this.#blankSize = null;
      $("blank").hidden = true;
      $("blank").removeAttribute("src");
    } else if ($("blank").getAttribute("src") !== url) {
      this.#blankSize = null;
      $("blank").src = url;
    }
    this.draw();
  }

  /**
   * Rotates the picture by a quarter turn; the corners are reordered as on the screen: top left is the one that is now
   * top left.
   *
   * @param {number} step 90 or -90
   */
  turn(step) {
    if (!this.#page.id) return;
    this.#turn = (this.#turn + step + 360) % 360;
    const shift = step > 0 ? 3 : 1;
    this.#corners = this.#corners.map((_, place) => this.#corners[(place + shift) % 4]);
    this.#preset = this.#preset.map((_, place) => this.#preset[(place + shift) % 4]);
    this.touched = true;
    this.#load();
    this.draw();
    this.say(this.texts.turned);
  }

  reset() {
    this.#corners = copied(this.#preset);
    this.touched = false;
    this.draw();
  }

  /** @param {number} direction */
  zoom(direction) {
    const next = ZOOMS[ZOOMS.indexOf(this.#zoom) + direction];
    if (next) this.#zoom = next;
    this.draw();
  }

  #load() {
    if (this.#page.width) $("picture").src = `/pages/${this.#page.id}?turn=${this.#turn}`;
    else $("picture").removeAttribute("src");
  }

  #pictureLoaded() {
    this.#text("");
    $("stage").dataset.loaded = `${this.#page.id}-${this.#turn}`;
    this.draw();
  }

  #blankLoaded() {
    this.#blankSize = [$("blank").naturalWidth, $("blank").naturalHeight];
    this.draw();
  }

  /** @param {string} words */
  #text(words) {
    $("stage-text").textContent = words;
    $("stage-text").hidden = !words;
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  /** @returns {Point} size of the rotated picture */
  get #size() {
    const { width, height } = this.#page;
    return this.#turn % 180 ? [height, width] : [width, height];
  }

  /**
   * CSS pixels per decoded pixel, and the margin around the picture in decoded pixels.
   *
   * @returns {Frame}
   */
  get #frame() {
    const [width, height] = this.#size;
    const long = Math.max(width, height);
    const seen = this.#corners.map((corner) => this.#toView(corner));
    const beyond = seen.flatMap(([x, y]) => [-x, -y, x - width, y - height]);
    const room = Math.min(Math.max(ROOM * long, ...beyond.map((value) => value + 0.04 * long)), MOST_ROOM * long);
    const { clientWidth, clientHeight } = $("viewport");
    const fit = Math.min((clientWidth - 4) / (width + 2 * room), (clientHeight - 4) / (height + 2 * room));
    const held = this.#dragging ?? { room, fit };
    return { room: held.room, scale: held.fit * this.#zoom, fit };
  }

  /** @param {Point} point */
  #toView(point) {
    return turned(point, this.#turn, this.#page.width, this.#page.height);
  }

  /**
   * @param {Point} point
   * @param {Frame} frame
   * @returns {Point}
   */
  #place(point, { room, scale }) {
    const [x, y] = this.#toView(point);
    return [(x + room) * scale, (y + room) * scale];
  }

  /** @param {HTMLElement} handle */
  #cornerOf(handle) {
    return this.#corners[Number(handle.dataset.corner)];
  }

  draw() {
    if (!this.#page.width) return;
    const frame = this.#frame;
    const [width, height] = this.#size;
    const stage = $("stage");
    stage.toggleAttribute("data-known", width > 0);
    stage.style.width = `${(width + 2 * frame.room) * frame.scale}px`;
    stage.style.height = `${(height + 2 * frame.room) * frame.scale}px`;
    const picture = $("picture").style;
    picture.left = picture.top = `${frame.room * frame.scale}px`;
    picture.width = `${width * frame.scale}px`;
    picture.height = `${height * frame.scale}px`;
    const places = this.#corners.map((corner) => this.#place(corner, frame));
    this.handles.forEach((handle, number) => {
      [handle.style.left, handle.style.top] = places[number].map((value) => `${value}px`);
    });
    $("polygon").setAttribute("points", places.map((place) => place.join(",")).join(" "));
    $("zoom-state").textContent = `${Math.round(this.#zoom * 100)} %`;
    this.#drawBlank(places);
    if (this.#magnified) this.#magnify(this.#magnified);
  }

  /** @param {Point[]} places of the corners on the screen */
  #drawBlank(places) {
    const good = isPage(places);
    $("polygon").classList.toggle("bad", !good);
    const homography = good && this.#blankSize ? squareTo(places, ...this.#blankSize) : null;
    $("blank").hidden = !homography;
    if (homography) {
      $("blank").style.transform = matrix3d(homography);
      $("blank").style.opacity = String(Number($("overlay").value) / 100);
    }
    this.moved({ good });
  }

  /**
   * Shows the area under a corner magnified, beside the finger or the pointer, on the side that has room.
   *
   * @param {HTMLElement | null} handle null for none
   */
  #magnify(handle) {
    this.#magnified = handle;
    const lens = $("magnifier");
    lens.hidden = !handle || !$("picture").naturalWidth;
    if (!handle || lens.hidden) return;
    const corner = this.#cornerOf(handle);
    const [x, y] = this.#toView(corner);
    const ratio = $("picture").naturalWidth / this.#size[0];
    drawLens(lens, $("picture"), [x * ratio, y * ratio]);
    const [left, top] = this.#place(corner, this.#frame);
    const size = lens.offsetWidth;
    const toRight = left < parseFloat($("stage").style.width) / 2;
    const toBottom = top < parseFloat($("stage").style.height) / 2;
    lens.style.left = `${toRight ? left + LENS_GAP : left - LENS_GAP - size}px`;
    lens.style.top = `${toBottom ? top + LENS_GAP : top - LENS_GAP - size}px`;
  }

  // --- moving ------------------------------------------------------------------------------------------------------

  /** @param {HTMLElement} handle */
  #bind(handle) {
    handle.addEventListener("pointerdown", (event) => this.#grab(handle, event));
    handle.addEventListener("pointermove", (event) => this.#drag(handle, event));
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => this.#drop(handle));
    handle.addEventListener("focus", () => this.#magnify(handle));
    handle.addEventListener("blur", () => this.#magnify(null));
    handle.addEventListener("keydown", (event) => this.#key(handle, event));
  }

  /**
   * @param {HTMLElement} handle
   * @param {PointerEvent} event
   */
  #grab(handle, event) {
    if (event.button !== 0 || !this.#page.id) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    const { left, top } = $("stage").getBoundingClientRect();
    const [x, y] = [parseFloat(handle.style.left), parseFloat(handle.style.top)];
    const { room, fit } = this.#frame;
    this.#dragging = { dx: event.clientX - left - x, dy: event.clientY - top - y, room, fit };
  }

  /**
   * @param {HTMLElement} handle
   * @param {PointerEvent} event
   */
  #drag(handle, event) {
    if (!this.#dragging) return;
    const { left, top } = $("stage").getBoundingClientRect();
    const { room, scale } = this.#frame;
    const { dx, dy } = this.#dragging;
    this.#move(handle, [(event.clientX - left - dx) / scale - room, (event.clientY - top - dy) / scale - room]);
  }

  /** @param {HTMLElement} handle */
  #drop(handle) {
    this.#dragging = null;
    this.draw();
    this.#sayLater(handle);
  }

  /**
   * @param {HTMLElement} handle
   * @param {KeyboardEvent} event
   */
  #key(handle, event) {
    const direction = DIRECTIONS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || !this.#page.id) return;
    event.preventDefault();
    const long = Math.max(this.#page.width, this.#page.height);
    const step = event.altKey ? 1 : Math.round((event.shiftKey ? LARGE_STEP : STEP) * long);
    const [x, y] = this.#toView(this.#cornerOf(handle));
    this.#move(handle, [x + direction[0] * step, y + direction[1] * step]);
    handle.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#sayLater(handle);
  }

  /**
   * @param {HTMLElement} handle
   * @param {Point} place on the rotated picture, in its pixels
   */
  #move(handle, [x, y]) {
    const [width, height] = this.#size;
    const room = MOST_ROOM * Math.max(width, height);
    /** @type {Point} */
    const inside = [Math.min(Math.max(x, -room), width + room), Math.min(Math.max(y, -room), height + room)];
    const corner = unturned(inside, this.#turn, this.#page.width, this.#page.height);
    this.#corners[Number(handle.dataset.corner)] = corner;
    this.touched = true;
    this.draw();
  }

  /** @param {HTMLElement} handle */
  #sayLater(handle) {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      const [x, y] = this.#toView(this.#cornerOf(handle));
      const [width, height] = this.#size;
      const [across, down] = [Math.round((100 * x) / width), Math.round((100 * y) / height)];
      this.say(this.texts["corner-at"], { corner: handle.dataset.name ?? "", x: across, y: down });
    }, SAY_MS);
  }
}

/**
 * @param {Point[]} points
 * @returns {Point[]}
 */
function copied(points) {
  return points.map(([x, y]) => [x, y]);
}

/**
 * Draws the surroundings of a point of a picture into the magnifier, with a cross that leaves the point itself free.
 *
 * @param {HTMLCanvasElement} lens
 * @param {HTMLImageElement} picture
 * @param {Point} place in the picture's own pixels
 */
function drawLens(lens, picture, [x, y]) {
  const context = lens.getContext("2d");
  if (!context) return;
  const { width, height } = lens;
  const side = width / MAGNIFIED;
  context.fillStyle = "#777";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = true;
  context.drawImage(picture, x - side / 2, y - side / 2, side, side, 0, 0, width, height);
  for (const { colour, line } of [{ colour: "#fff", line: 4 }, { colour: "#8a0f5f", line: 1.5 }]) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    for (const [from, to] of [[0, 0.42], [0.58, 1]]) {
      context.moveTo(width / 2, height * from);
      context.lineTo(width / 2, height * to);
      context.moveTo(width * from, height / 2);
      context.lineTo(width * to, height / 2);
    }
    context.stroke();
  }
}
