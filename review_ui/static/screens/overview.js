// Keeps the numbers fresh. The page is complete without this script, which fetches and replaces what has changed; the
// focus stays where it is.

import { $, replaceKeepingFocus } from "../lib/view.js";

const EVERY_MS = 3000;
const numbers = $("numbers");
const age = $("age");
let etag = "";

async function refresh() {
  if (document.hidden) return;
  try {
    /** @type {Record<string, string>} */
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(location.href, { headers, cache: "no-store" });
    age.textContent = "";
    if (response.status === 401) return location.reload(); // the login has ended: the page asks for a new one
    if (response.status !== 200) return;
    etag = response.headers.get("ETag") ?? "";
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("numbers");
    if (fresh && fresh.textContent !== numbers.textContent) replaceKeepingFocus(numbers, fresh);
  } catch {
    age.textContent = age.dataset.stale ?? "";
  }
}

setInterval(refresh, EVERY_MS);
