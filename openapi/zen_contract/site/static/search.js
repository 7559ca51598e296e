// Full-text search over search.json, which is loaded when somebody first looks for something.

const MOST = 30;
const AROUND = 70;
const root = document.body.dataset.root;

let loading = null;

function load() {
  loading ??= fetch(`${root}search.json`)
    .then((answer) => answer.json())
    .then((passages) => passages.map(prepared));
  return loading;
}

function prepared(passage) {
  return {
    ...passage,
    inPage: passage.page.toLowerCase(),
    inHeading: passage.heading.toLowerCase(),
    inText: passage.text.toLowerCase(),
  };
}

// A word counts most where it names the passage, more at the start of a word than inside one.
function weight(passage, word) {
  const places = [
    [passage.inHeading, 12],
    [passage.inPage, 8],
    [passage.inText, 2],
  ];
  let sum = 0;
  for (const [text, worth] of places) {
    const at = text.indexOf(word);
    if (at >= 0) {
      const begins = at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);
      sum += begins ? worth : worth / 4;
    }
  }
  return sum;
}

function found(passages, asked) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return [];
  }
  return passages
    .map((passage) => {
      const weights = words.map((word) => weight(passage, word));
      return { passage, weight: weights.includes(0) ? 0 : weights.reduce((a, b) => a + b) };
    })
    .filter((one) => one.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MOST)
    .map((one) => one.passage);
}

function excerpt(passage, asked) {
  const word = asked.toLowerCase().split(/\s+/).filter(Boolean)[0];
  const at = Math.max(0, passage.inText.indexOf(word));
  const from = Math.max(0, at - AROUND);
  const until = at + word.length + AROUND;
  const parts = [document.createTextNode((from ? "…" : "") + passage.text.slice(from, at))];
  if (passage.inText.startsWith(word, at)) {
    const mark = document.createElement("mark");
    mark.textContent = passage.text.slice(at, at + word.length);
    parts.push(mark, document.createTextNode(passage.text.slice(at + word.length, until)));
  } else {
    parts.push(document.createTextNode(passage.text.slice(at, until)));
  }
  if (until < passage.text.length) {
    parts.push(document.createTextNode("…"));
  }
  return parts;
}

function entry(passage, asked) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = root + passage.to;
  const title = document.createElement("b");
  title.textContent = passage.heading || passage.page;
  const where = document.createElement("span");
  where.className = "where";
  where.textContent = passage.heading === passage.page ? "" : passage.page;
  const text = document.createElement("span");
  text.className = "excerpt";
  text.append(...excerpt(passage, asked));
  link.append(title, " ", where, " ", text);
  item.append(link);
  return item;
}

function dialog() {
  const box = document.createElement("dialog");
  box.className = "search";
  box.setAttribute("aria-label", "Search");
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "Search the documentation";
  input.setAttribute("aria-label", "Search the documentation");
  input.autocomplete = "off";
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => box.close());
  const top = document.createElement("div");
  top.className = "ask";
  top.append(input, close);
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const list = document.createElement("ol");
  box.append(top, status, list);
  document.body.append(box);

  let turn = 0;
  async function answer() {
    const mine = ++turn;
    const asked = input.value.trim();
    let results;
    try {
      results = found(await load(), asked);
    } catch {
      loading = null;
      status.textContent = "The index of the search could not be loaded.";
      return;
    }
    if (mine !== turn) {
      return;
    }
    list.replaceChildren(...results.map((passage) => entry(passage, asked)));
    const count = results.length === MOST ? `The first ${MOST}` : results.length || "No";
    status.textContent = asked ? `${count} ${results.length === 1 ? "passage" : "passages"}` : "";
  }

  function move(event) {
    const links = [input, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault(); // else a first press only empties the field
      box.close();
    } else if (event.key === "Enter" && event.target === input) {
      links[1]?.click();
    } else if (step) {
      event.preventDefault();
      const at = links.indexOf(document.activeElement) + step;
      links[Math.min(Math.max(at, 0), links.length - 1)].focus();
    }
  }

  input.addEventListener("input", answer);
  box.addEventListener("keydown", move);
  box.addEventListener("click", (event) => {
    if (event.target === box || event.target.closest("a")) {
      box.close();
    }
  });
  return () => {
    box.showModal();
    input.select();
    load().catch(() => (loading = null));
  };
}

const show = dialog();
document.querySelectorAll("button.find").forEach((one) => one.addEventListener("click", show));
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const slash = event.key === "/" && !typing && !event.metaKey && !event.ctrlKey && !event.altKey;
  if (slash || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    if (!document.querySelector("dialog.search[open]")) {
      show();
    }
  }
});
