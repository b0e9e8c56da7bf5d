// Keeps the numbers fresh. The page is whole without it: what changed is fetched and put in place, focus stays where it is.

const EVERY_MS = 3000;
const numbers = document.getElementById("numbers");
const age = document.getElementById("age");
let etag = "";

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
    age.textContent = "";
    if (response.status === 401) return location.reload(); // the login is over: its page asks for a new one
    if (response.status !== 200) return;
    etag = response.headers.get("ETag") ?? "";
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("numbers");
    if (fresh && fresh.textContent !== numbers.textContent) replace(fresh);
  } catch {
    age.textContent = age.dataset.stale;
  }
}

function replace(fresh) {
  const { activeElement } = document;
  const held = numbers.contains(activeElement) ? activeElement.getAttribute("href") : null;
  numbers.replaceChildren(...document.importNode(fresh, true).childNodes);
  if (held) [...numbers.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
}

setInterval(refresh, EVERY_MS);
