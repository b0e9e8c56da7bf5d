// Upload: files are sent one after the other with a progress display, and the list below refreshes itself.
// XMLHttpRequest, because fetch does not report upload progress. The page works without this script.

import { logInAgain, whosePage } from "../lib/relogin.js";
import { openSession } from "../lib/session.js";
import { $, element, replaceKeepingFocus } from "../lib/view.js";

/** @import { Session } from "../lib/session.js" */
/** @typedef {{ id: string, left: number }} Batch files chosen together */

const RETRY_MS = 1500;
const EVERY_MS = 1000;
const MB = 1_000_000;

const OUTCOMES = [200, 201, 422];
const AGAIN = ["failed", "cancelled"]; // states of a row whose file can be sent again

class Row {
  /** @type {XMLHttpRequest | null} */
  request = null;
  renewed = false; // whether the token was already renewed for this file
  said = element("span", { className: "said" });
  bar = element("progress", { max: 1, value: 0 });
  buttons = element("span", { className: "row-buttons" });
  node = element("li");

  /**
   * @param {File} file
   * @param {Batch} group
   */
  constructor(file, group) {
    this.file = file;
    this.group = group;
    const name = element("span", {}, element("strong", { textContent: file.name }));
    const head = element("div", { className: "row-head" }, name, this.buttons);
    this.node.append(head, this.bar, element("p", {}, this.said));
  }
}

class UploadScreen {
  /** @type {Row[]} */
  waiting = []; // rows that have not been sent yet
  /** @type {Row | null} */
  current = null;
  sent = 0;
  all = 0;

  /**
   * @param {Session} session
   * @param {number} largest size of a file in bytes
   */
  constructor(session, largest) {
    this.session = session;
    this.api = session.api;
    this.largest = largest;
    const form = $("form");
    document.documentElement.classList.add("scripted");
    $("send").hidden = true;
    $("drop-text").hidden = false;
    for (const id of /** @type {const} */ (["files", "photos"])) {
      $(id).addEventListener("change", () => this.#chosen($(id)));
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const name of /** @type {const} */ (["dragenter", "dragover"])) {
      document.addEventListener(name, (event) => this.#over(event));
    }
    document.addEventListener("dragleave", (event) => event.relatedTarget ?? form.classList.remove("over"));
    document.addEventListener("drop", (event) => this.#dropped(event));
    // files being sent would be lost
    session.guardLeaving(() => this.current !== null || this.waiting.length > 0);
  }

  // --- taking files ------------------------------------------------------------------------------------------------

  /** @param {HTMLInputElement} input */
  #chosen(input) {
    this.#take([...(input.files ?? [])]);
    input.value = "";
  }

  /** @param {DragEvent} event */
  #over(event) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    $("form").classList.add("over");
  }

  /** @param {DragEvent} event */
  #dropped(event) {
    $("form").classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.#take([...event.dataTransfer.files]);
  }

  /** @param {File[]} files */
  #take(files) {
    if (!files.length) return;
    /** @type {Batch} */
    const group = { id: crypto.randomUUID(), left: files.length };
    for (const file of files) this.#row(file, group);
    $("sending").hidden = false;
    this.#next();
  }

  /**
   * @param {File} file
   * @param {Batch} group
   */
  #row(file, group) {
    const row = new Row(file, group);
    row.bar.setAttribute("aria-label", this.session.words("progress-label", { name: file.name }));
    $("rows").append(row.node);
    this.all += 1;
    this.#wait(row);
  }

  /** @param {Row} row */
  #wait(row) {
    row.node.className = "sheet queued";
    row.bar.hidden = false;
    row.bar.value = 0;
    row.said.textContent = this.session.words("queued");
    this.#button(row, "cancel", () => this.#cancel(row));
    this.waiting.push(row);
  }

  /**
   * @param {Row} row
   * @param {string} name of its text
   * @param {() => void} act
   */
  #button(row, name, act) {
    const had = row.buttons.contains(document.activeElement);
    const button = element("button", { type: "button", textContent: this.session.words(name) });
    button.setAttribute("aria-label", this.session.words(`${name}-label`, { name: row.file.name }));
    button.addEventListener("click", act);
    row.buttons.replaceChildren(button);
    if (had) button.focus();
  }

  // --- sending -----------------------------------------------------------------------------------------------------

  #next() {
    if (this.current) return;
    const row = this.waiting.shift();
    if (!row) return;
    if (row.file.size > this.largest) {
      this.#done(row, "refused", this.session.words("upload-too-large"));
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
    request.addEventListener("error", () => this.#done(row, "failed", this.session.words("failed")));
    request.addEventListener("abort", () => this.#done(row, "cancelled", this.session.words("cancelled")));
    row.node.className = "sheet sending";
    this.#moved(row, 0);
    request.send(row.file);
  }

  /**
   * @param {Row} row
   * @param {number} loaded bytes
   */
  #moved(row, loaded) {
    const size = row.file.size;
    row.bar.value = size ? Math.min(1, loaded / size) : 1;
    const values = { name: row.file.name, done: this.#megabytes(loaded), size: this.#megabytes(size) };
    row.said.textContent = loaded < size ? this.session.words("progress", values) : this.session.words("finishing");
  }

  /** @param {number} bytes */
  #megabytes(bytes) {
    const places = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    return new Intl.NumberFormat(this.api.language, places).format(bytes / MB);
  }

  /**
   * @param {Row} row
   * @param {XMLHttpRequest} request
   */
  async #answered(row, request) {
    const { status, response } = request;
    if (status === 401) {
      this.api.csrf = await logInAgain(this.api.language);
      this.#resend(row);
    } else if (status === 403 && !row.renewed) {
      row.renewed = true; // the program was restarted and has a new token
      this.api.csrf = (await this.api.get("/api/upload/session")).csrf;
      this.#resend(row);
    } else if (OUTCOMES.includes(status) && response) {
      this.#done(row, response.result, [response.message, response.remedy].filter(Boolean).join(" "));
    } else if (status === 413) {
      this.#done(row, "refused", this.session.words("upload-too-large"));
    } else {
      this.#done(row, "failed", this.session.words("failed"));
    }
  }

  /** @param {Row} row */
  #resend(row) {
    this.waiting.unshift(row);
    this.current = null;
    this.#next();
  }

  /** @param {Row} row */
  #cancel(row) {
    if (row.request) {
      row.request.abort();
      return;
    }
    this.waiting = this.waiting.filter((other) => other !== row);
    this.#done(row, "cancelled", this.session.words("cancelled"));
  }

  /**
   * @param {Row} row
   * @param {string} state
   * @param {string} words
   */
  #done(row, state, words) {
    row.request = null;
    row.node.className = `sheet ${state}`;
    row.bar.hidden = true;
    row.said.textContent = words;
    if (AGAIN.includes(state)) this.#button(row, "retry", () => this.#again(row));
    else this.#button(row, "dismiss", () => this.#dismiss(row));
    if (this.current === row) this.current = null;
    this.sent += 1;
    row.group.left -= 1;
    if (row.group.left === 0) this.#close(row.group);
    const progress = this.session.words("said-progress", { done: this.sent, all: this.all });
    this.session.announce(`${row.file.name}: ${words} ${progress}`);
    this.#next();
    refresh();
  }

  /** @param {Row} row */
  #again(row) {
    row.group = { id: crypto.randomUUID(), left: 1 };
    row.renewed = false;
    this.sent -= 1;
    this.#wait(row);
    this.#next();
  }

  /** @param {Row} row */
  #dismiss(row) {
    const other = row.node.nextElementSibling ?? row.node.previousElementSibling;
    row.node.remove();
    this.sent -= 1;
    this.all -= 1;
    $("sending").hidden = !$("rows").children.length;
    (other?.querySelector("button") ?? $("files")).focus();
  }

  /** @param {Batch} group */
  async #close(group) {
    try {
      await this.api.post("/api/uploads/close", { group: group.id });
    } catch (problem) {
      console.warn(problem); // the program closes the group by itself after a while
    }
    refresh();
  }
}

// --- the list of submitted files -------------------------------------------------------------------------------------

async function refresh() {
  if (document.hidden) return;
  const jobs = $("jobs");
  try {
    const query = new URLSearchParams({ lang: document.documentElement.lang });
    const response = await fetch(`/upload?${query}`, { cache: "no-store" });
    if (!response.ok) return;
    $("age").textContent = "";
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById("jobs");
    if (!fresh || fresh.isEqualNode(jobs)) return;
    replaceKeepingFocus(jobs, fresh);
  } catch {
    $("age").textContent = $("age").dataset.stale ?? "";
  }
}

openSession("/api/upload/session", RETRY_MS, (session, { largest }) => {
  new UploadScreen(session, largest);
  setInterval(refresh, EVERY_MS);
});
