// The picture of a page with four corners to drag: by mouse, touch and keyboard, with a magnifier at the corner and the blank page's
// print laid over the scan. All places are set through the DOM; no style stands in markup.

import { isPage, matrix3d, squareTo, turned, unturned } from "./geometry.js";
import { $ } from "./view.js";

const ROOM = 0.12; // share of the longer side around the picture: corners that were cut off lie there
const MOST_ROOM = 0.4;
const STEP = 0.002; // of the longer side: 0.6 mm on A4
const LARGE_STEP = 0.02;
const ZOOMS = [1, 1.5, 2, 3, 4];
const MAGNIFIED = 3; // picture pixels are shown three times as large in the magnifier
const SAY_MS = 500; // a corner that rests that long is announced

export class Stage {
  #page = null; // {id, width, height} as decoded
  #turn = 0;
  #corners = []; // in decoded pixels, top left first as printed
  #preset = [];
  #zoom = 1;
  #blankSize = null;

  constructor({ moved, say, texts }) {
    this.moved = moved;
    this.say = say;
    this.texts = texts;
    this.touched = false;
    this.handles = [...document.querySelectorAll(".handle")];
    for (const handle of this.handles) this.#bind(handle);
    new ResizeObserver(() => this.draw()).observe($("viewport"));
    $("overlay").addEventListener("input", () => this.draw());
    $("blank").addEventListener("load", () => this.#blankLoaded());
    $("picture").addEventListener("load", () => this.#pictureLoaded());
    $("picture").addEventListener("error", () => this.#text(this.texts["picture-failed"]));
    $("magnifier").addEventListener("pointerdown", () => this.#magnify(null));
  }

  get corners() {
    return this.#corners.map(([x, y]) => [x, y]);
  }

  show(id, { width, height, corners_px: corners, turn }, alt) {
    this.#page = { id, width, height };
    this.#preset = corners;
    this.#corners = corners.map((corner) => [...corner]);
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

  // Corners that were presumed anew, for another form: taken unless somebody has moved some.
  suggest({ corners_px: corners, turn }) {
    if (this.touched || !corners.length) return;
    this.#preset = corners;
    this.#corners = corners.map((corner) => [...corner]);
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#load();
    }
    this.draw();
  }

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

  // Turns the picture by a quarter; the corners keep their places on the screen's order: top left is what is top left now.
  turn(step) {
    if (!this.#page) return;
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
    this.#corners = this.#preset.map((corner) => [...corner]);
    this.touched = false;
    this.draw();
  }

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

  #text(words) {
    $("stage-text").textContent = words;
    $("stage-text").hidden = !words;
  }

  // --- drawing -----------------------------------------------------------------------------------------------------

  get #size() {
    const { width, height } = this.#page;
    return this.#turn % 180 ? [height, width] : [width, height];
  }

  // CSS pixels per decoded pixel, and the room around the picture in decoded pixels.
  get #scale() {
    const [width, height] = this.#size;
    const long = Math.max(width, height);
    const beyond = this.#corners.map((corner) => this.#toView(corner)).flatMap(([x, y]) => [-x, -y, x - width, y - height]);
    const room = Math.min(Math.max(ROOM * long, ...beyond.map((value) => value + 0.04 * long)), MOST_ROOM * long);
    const fit = Math.min(($("viewport").clientWidth - 4) / (width + 2 * room), ($("viewport").clientHeight - 4) / (height + 2 * room));
    return { room: this.dragging ? this.dragging.room : room, scale: (this.dragging ? this.dragging.fit : fit) * this.#zoom, fit };
  }

  #toView(point) {
    return turned(point, this.#turn, this.#page.width, this.#page.height);
  }

  #place(point, { room, scale }) {
    return this.#toView(point).map((value) => (value + room) * scale);
  }

  draw() {
    if (!this.#page?.width) return;
    const frame = this.#scale;
    const [width, height] = this.#size;
    const stage = $("stage");
    stage.toggleAttribute("data-known", width > 0);
    stage.style.width = `${(width + 2 * frame.room) * frame.scale}px`;
    stage.style.height = `${(height + 2 * frame.room) * frame.scale}px`;
    const picture = $("picture").style;
    [picture.left, picture.top] = [frame.room * frame.scale, frame.room * frame.scale].map((value) => `${value}px`);
    [picture.width, picture.height] = [width * frame.scale, height * frame.scale].map((value) => `${value}px`);
    const places = this.#corners.map((corner) => this.#place(corner, frame));
    this.handles.forEach((handle, number) => {
      [handle.style.left, handle.style.top] = places[number].map((value) => `${value}px`);
    });
    $("polygon").setAttribute("points", places.map((place) => place.join(",")).join(" "));
    $("zoom-state").textContent = `${Math.round(this.#zoom * 100)} %`;
    this.#drawBlank(places);
    if (this.magnified) this.#magnify(this.magnified);
  }

  #drawBlank(places) {
    const good = isPage(places);
    $("polygon").classList.toggle("bad", !good);
    const shown = Boolean(good && this.#blankSize);
    $("blank").hidden = !shown;
    if (shown) {
      const [width, height] = this.#blankSize;
      $("blank").style.transform = matrix3d(squareTo(places, width, height));
      $("blank").style.opacity = $("overlay").value / 100;
    }
    this.moved({ good });
  }

  // The place under a corner, larger, beside the finger or the pointer, on the side that has room.
  #magnify(handle) {
    this.magnified = handle;
    const lens = $("magnifier");
    lens.hidden = !handle || !$("picture").naturalWidth;
    if (lens.hidden) return;
    const frame = this.#scale;
    const [x, y] = this.#toView(this.#corners[Number(handle.dataset.corner)]);
    const ratio = $("picture").naturalWidth / this.#size[0];
    const side = lens.width / MAGNIFIED;
    const context = lens.getContext("2d");
    context.fillStyle = "#777";
    context.fillRect(0, 0, lens.width, lens.height);
    context.imageSmoothingEnabled = true;
    context.drawImage($("picture"), x * ratio - side / 2, y * ratio - side / 2, side, side, 0, 0, lens.width, lens.height);
    for (const [colour, width] of [["#fff", 4], ["#8a0f5f", 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      for (const [from, to] of [[0, 0.42], [0.58, 1]]) {
        context.moveTo(lens.width / 2, lens.height * from);
        context.lineTo(lens.width / 2, lens.height * to);
        context.moveTo(lens.width * from, lens.height / 2);
        context.lineTo(lens.width * to, lens.height / 2);
      }
      context.stroke();
    }
    const [left, top] = this.#place(this.#corners[Number(handle.dataset.corner)], frame);
    const gap = 34;
    const size = lens.offsetWidth;
    const toRight = left < parseFloat($("stage").style.width) / 2;
    const toBottom = top < parseFloat($("stage").style.height) / 2;
    lens.style.left = `${toRight ? left + gap : left - gap - size}px`;
    lens.style.top = `${toBottom ? top + gap : top - gap - size}px`;
  }

  // --- moving ------------------------------------------------------------------------------------------------------

  #bind(handle) {
    handle.addEventListener("pointerdown", (event) => this.#grab(handle, event));
    handle.addEventListener("pointermove", (event) => this.#drag(handle, event));
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => this.#drop(handle));
    handle.addEventListener("focus", () => this.#magnify(handle));
    handle.addEventListener("blur", () => this.#magnify(null));
    handle.addEventListener("keydown", (event) => this.#key(handle, event));
  }

  #grab(handle, event) {
    if (event.button !== 0 || !this.#page) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    const { left, top } = $("stage").getBoundingClientRect();
    const [x, y] = [parseFloat(handle.style.left), parseFloat(handle.style.top)];
    const { room, fit } = this.#scale;
    this.dragging = { dx: event.clientX - left - x, dy: event.clientY - top - y, room, fit };
  }

  #drag(handle, event) {
    if (!this.dragging) return;
    const { left, top } = $("stage").getBoundingClientRect();
    const { room, scale } = this.#scale;
    this.#move(handle, [(event.clientX - left - this.dragging.dx) / scale - room, (event.clientY - top - this.dragging.dy) / scale - room]);
  }

  #drop(handle) {
    this.dragging = null;
    this.draw();
    this.#sayLater(handle);
  }

  #key(handle, event) {
    const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!direction || event.ctrlKey || event.metaKey || !this.#page) return;
    event.preventDefault();
    const long = Math.max(this.#page.width, this.#page.height);
    const step = event.altKey ? 1 : Math.round((event.shiftKey ? LARGE_STEP : STEP) * long);
    const [x, y] = this.#toView(this.#corners[Number(handle.dataset.corner)]);
    this.#move(handle, [x + direction[0] * step, y + direction[1] * step]);
    handle.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#sayLater(handle);
  }

  #move(handle, [x, y]) {
    const [width, height] = this.#size;
    const room = MOST_ROOM * Math.max(width, height);
    const kept = [Math.min(Math.max(x, -room), width + room), Math.min(Math.max(y, -room), height + room)];
    this.#corners[Number(handle.dataset.corner)] = unturned(kept, this.#turn, this.#page.width, this.#page.height);
    this.touched = true;
    this.draw();
  }

  #sayLater(handle) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => {
      const [x, y] = this.#toView(this.#corners[Number(handle.dataset.corner)]);
      const [width, height] = this.#size;
      this.say(this.texts["corner-at"], { corner: handle.dataset.name, x: Math.round((100 * x) / width), y: Math.round((100 * y) / height) });
    }, SAY_MS);
  }
}
