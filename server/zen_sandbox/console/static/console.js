// What a page does while it is open: it notices that something has changed, and shows itself anew.
//
// The server says at most once a second that something has. The page then fetches itself and takes
// over the parts marked `data-part`, but not one in which somebody is choosing or typing. A page
// nobody looks at does not listen. All of this is comfort: without it, reloading shows the same.

const PAUSE = 2000;
const main = document.querySelector("main[data-live]");

function isInUse(part) {
  const active = document.activeElement;
  if (part.querySelector("input:checked:not([type=hidden])")) return true;
  return active !== null && part.contains(active) && active.matches("input:not([type=checkbox]), select, textarea");
}

function openedIn(part) {
  return new Set([...part.querySelectorAll("details[open][id]")].map((one) => one.id));
}

function replace(part, fresh) {
  const opened = openedIn(part);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...fresh.childNodes);
  for (const id of opened) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

async function showAnew(word) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (other && !isInUse(part)) replace(part, other);
  }
  say(word);
}

function say(word) {
  const place = document.querySelector(".liveness");
  if (!place) return;
  const many = word.attempts > 20 * Math.max(1, word.seconds);
  place.textContent = many
    ? `live: ${word.attempts.toLocaleString("en")} attempts in ${word.seconds} s, of which the newest are shown`
    : "live";
}

function watch(where) {
  let waiting = null;
  let busy = false;
  let shownAt = 0;

  async function show() {
    if (busy || waiting === null || document.hidden) return;
    const wait = shownAt + PAUSE - performance.now();
    if (wait > 0) {
      setTimeout(show, wait);
      return;
    }
    const word = waiting;
    waiting = null;
    busy = true;
    try {
      await showAnew(word);
    } catch {
      document.querySelector(".liveness")?.replaceChildren("not live: reload the page");
    }
    shownAt = performance.now();
    busy = false;
    show();
  }

  let source = null;

  function listen() {
    if (source !== null || document.hidden) return;
    source = new EventSource(where);
    source.addEventListener("open", () => say({ attempts: 0, seconds: 1 }));
    source.addEventListener("error", () => {
      document.querySelector(".liveness")?.replaceChildren("not live: the server does not answer");
    });
    source.addEventListener("message", (event) => {
      const word = JSON.parse(event.data);
      if (waiting !== null) {
        word.attempts += waiting.attempts;
        word.seconds += waiting.seconds;
      }
      waiting = word;
      show();
    });
  }

  // A browser has six connections to a server: pages that nobody looks at must not hold them all.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      listen();
    }
  });
  listen();
}

// The request of a form as code, written anew by the server while somebody fills the form in.
async function codeOf(form) {
  const filled = new URLSearchParams(new FormData(form));
  filled.set("show", "code");
  const answer = await fetch(form.action, { method: "POST", body: filled });
  return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("code");
}

for (const form of document.querySelectorAll("form[data-code]")) {
  let newest = 0;
  form.addEventListener("input", () => {
    const asked = ++newest;
    setTimeout(async () => {
      const fresh = asked === newest ? await codeOf(form).catch(() => null) : null;
      if (fresh && asked === newest) replace(document.getElementById("code"), fresh);
    }, 300);
  });
}
for (const select of document.querySelectorAll(".switch select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const box of document.querySelectorAll("[data-all]")) {
  box.hidden = false;
}
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all] input");
  if (!all) return;
  for (const one of document.querySelectorAll(`input[name="${all.closest("[data-all]").dataset.all}"]`)) {
    one.checked = all.checked;
  }
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const from = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(from.value ?? from.textContent);
  button.textContent = "Copied";
});
for (const zone of document.querySelectorAll("form[data-drop]")) {
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("is-over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.querySelector("input[type=file]").files = event.dataTransfer.files;
    zone.requestSubmit();
  });
}
document.documentElement.classList.add("js");
if (main) watch(main.dataset.live);
