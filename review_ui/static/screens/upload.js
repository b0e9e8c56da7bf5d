// Handing in: files are sent one after the other with their progress, and the list below keeps itself fresh.
// XMLHttpRequest, because fetch says nothing about how much has been sent. The page works without this script.

import { logInAgain, whosePage } from "../lib/relogin.js";
import { connect } from "../lib/api.js";
import { $, element, fill } from "../lib/view.js";

const RETRY_MS = 1500;
const EVERY_MS = 1000;
const MB = 1_000_000;

const OUTCOMES = { 200: true, 201: true, 422: true };

class Uploads {
  waiting = []; // rows that are not sent yet
  current = null;
  sent = 0;
  all = 0;

  constructor(api, texts, largest) {
    this.api = api;
    this.texts = texts;
    this.largest = largest;
    const form = $("form");
    document.documentElement.classList.add("scripted");
    $("send").hidden = true;
    $("drop-text").hidden = false;
    for (const id of ["files", "photos"]) $(id).addEventListener("change", (event) => this.#chosen(event.target));
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => this.#over(event));
    document.addEventListener("dragleave", (event) => event.relatedTarget ?? form.classList.remove("over"));
    document.addEventListener("drop", (event) => this.#dropped(event));
    window.addEventListener("beforeunload", (event) => {
      if (this.current || this.waiting.length) event.preventDefault(); // files that are on their way would be lost
    });
  }

  // --- taking files ------------------------------------------------------------------------------------------------

  #chosen(input) {
    this.#take([...input.files]);
    input.value = "";
  }

  #over(event) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    $("form").classList.add("over");
  }

  #dropped(event) {
    $("form").classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.#take([...event.dataTransfer.files]);
  }

  #take(files) {
    if (!files.length) return;
    const group = { id: crypto.randomUUID(), left: files.length };
    for (const file of files) this.#row(file, group);
    $("sending").hidden = false;
    this.#next();
  }

  #row(file, group) {
    const row = { file, group, request: null };
    row.said = element("span", { className: "said" });
    row.bar = element("progress", { max: 1, value: 0 });
    row.bar.setAttribute("aria-label", this.#words("progress-label", { name: file.name }));
    row.buttons = element("span", { className: "row-buttons" });
    const head = element("div", { className: "row-head" }, element("span", {}, element("strong", { textContent: file.name })), row.buttons);
    row.node = element("li", { className: "sheet queued" }, head, row.bar, element("p", {}, row.said));
    $("rows").append(row.node);
    this.all += 1;
    this.#wait(row);
  }

  #wait(row) {
    row.node.className = "sheet queued";
    row.bar.hidden = false;
    row.bar.value = 0;
    row.said.textContent = this.#words("queued");
    this.#button(row, "cancel", () => this.#cancel(row));
    this.waiting.push(row);
  }

  #button(row, name, act) {
    const had = row.buttons.contains(document.activeElement);
    const button = element("button", { type: "button", textContent: this.#words(name) });
    button.setAttribute("aria-label", this.#words(`${name}-label`, { name: row.file.name }));
    button.addEventListener("click", act);
    row.buttons.replaceChildren(button);
    if (had) button.focus();
  }

  // --- sending -----------------------------------------------------------------------------------------------------

  #next() {
    if (this.current || !this.waiting.length) return;
    const row = this.waiting.shift();
    if (row.file.size > this.largest) {
      this.#done(row, "refused", this.#words("upload-too-large"));
      return;
    }
    this.current = row;
    const request = new XMLHttpRequest();
    row.request = request;
    request.open("POST", `/api/uploads?${new URLSearchParams({ lang: this.api.language })}`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-CSRFToken", this.api.csrf);
    request.setRequestHeader("X-File-Name", encodeURIComponent(row.file.name));
    request.setRequestHeader("X-Group", row.group.id);
    for (const [name, value] of Object.entries(whosePage())) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => this.#moved(row, event.loaded));
    request.addEventListener("load", () => this.#answered(row, request));
    request.addEventListener("error", () => this.#done(row, "failed", this.#words("failed")));
    request.addEventListener("abort", () => this.#done(row, "cancelled", this.#words("cancelled")));
    row.node.className = "sheet sending";
    this.#moved(row, 0);
    request.send(row.file);
  }

  #moved(row, loaded) {
    const size = row.file.size;
    row.bar.value = size ? Math.min(1, loaded / size) : 1;
    const values = { name: row.file.name, done: this.#megabytes(loaded), size: this.#megabytes(size) };
    row.said.textContent = loaded < size ? this.#words("progress", values) : this.#words("finishing");
  }

  #megabytes(bytes) {
    return new Intl.NumberFormat(this.api.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(bytes / MB);
  }

  async #answered(row, request) {
    const { status, response } = request;
    if (status === 401) {
      this.api.csrf = await logInAgain(this.api.language);
      this.waiting.unshift(row);
      this.current = null;
      this.#next();
    } else if (status === 403 && !row.renewed) {
      row.renewed = true; // the program was started anew: its token is, too
      this.api.csrf = (await this.api.get("/api/upload/session")).csrf;
      this.waiting.unshift(row);
      this.current = null;
      this.#next();
    } else if (OUTCOMES[status] && response) {
      this.#done(row, response.result, [response.message, response.remedy].filter(Boolean).join(" "));
    } else {
      this.#done(row, status === 413 ? "refused" : "failed", this.#words(status === 413 ? "upload-too-large" : "failed"));
    }
  }

  #cancel(row) {
    if (row.request) {
      row.request.abort();
      return;
    }
    this.waiting = this.waiting.filter((other) => other !== row);
    this.#done(row, "cancelled", this.#words("cancelled"));
  }

  #done(row, state, words) {
    row.request = null;
    row.node.className = `sheet ${state}`;
    row.bar.hidden = true;
    row.said.textContent = words;
    this.#button(row, state === "failed" || state === "cancelled" ? "retry" : "dismiss", () => (state === "failed" || state === "cancelled" ? this.#again(row) : this.#dismiss(row)));
    if (this.current === row) this.current = null;
    this.sent += 1;
    row.group.left -= 1;
    if (row.group.left === 0) this.#close(row.group);
    this.#say(`${row.file.name}: ${words} ${this.#words("said-progress", { done: this.sent, all: this.all })}`);
    this.#next();
    refresh();
  }

  #again(row) {
    row.group = { id: crypto.randomUUID(), left: 1 };
    row.renewed = false;
    this.sent -= 1;
    this.#wait(row);
    this.#next();
  }

  #dismiss(row) {
    const other = row.node.nextElementSibling ?? row.node.previousElementSibling;
    row.node.remove();
    this.sent -= 1;
    this.all -= 1;
    $("sending").hidden = !$("rows").children.length;
    (other?.querySelector("button") ?? $("files")).focus();
  }

  async #close(group) {
    try {
      await this.api.post("/api/uploads/close", { group: group.id });
    } catch (problem) {
      console.warn(problem); // the program closes the group itself after a while
    }
    refresh();
  }

  #say(words) {
    $("live").textContent = words;
  }

  #words(name, values) {
    return fill(this.texts[name], values);
  }
}

// --- the list of what was handed in ------------------------------------------------------------------------------------

async function refresh() {
  if (document.hidden) return;
  const jobs = $("jobs");
  try {
    const response = await fetch(`/upload?${new URLSearchParams({ lang: document.documentElement.lang })}`, { cache: "no-store" });
    if (!response.ok) return;
    $("age").textContent = "";
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("jobs");
    if (!fresh || fresh.isEqualNode(jobs)) return;
    const held = jobs.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    jobs.replaceChildren(...document.importNode(fresh, true).childNodes);
    if (held) [...jobs.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
  } catch {
    $("age").textContent = $("age").dataset.stale;
  }
}

connect("/api/upload/session", RETRY_MS, async (api, texts) => {
  const { largest } = await api.get("/api/upload/session");
  new Uploads(api, texts, largest);
  setInterval(refresh, EVERY_MS);
});
