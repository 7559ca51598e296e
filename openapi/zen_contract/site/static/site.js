// What the buttons do: colours, the menu of a narrow window, copying code, one sample language.

const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is switched off: it holds for this page only.
  }
}

export function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
}

function themeButton(button) {
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new CustomEvent("zen-theme"));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember("zen-theme", root.dataset.theme);
    show();
  });
  prefersDark.addEventListener("change", show);
  show();
}

function menuButton(button) {
  const pages = document.getElementById(button.getAttribute("aria-controls"));
  const set = (open) => {
    button.setAttribute("aria-expanded", String(open));
    pages.classList.toggle("open", open);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pages.classList.contains("open")) {
      set(false);
      button.focus();
    }
  });
}

function copyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${block.dataset.language || "text"}`);
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
    } catch {
      getSelection().selectAllChildren(block.querySelector("code"));
      said = "Selected";
    }
    button.textContent = said;
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}

function languageButtons(samples) {
  const sections = [...samples.querySelectorAll("[data-sample]")];
  const bar = document.createElement("div");
  bar.className = "languages";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Language of the samples");
  const choose = (language) => {
    for (const section of sections) {
      section.classList.toggle("off", section.dataset.sample !== language);
    }
    for (const button of bar.children) {
      button.setAttribute("aria-pressed", String(button.textContent === language));
    }
  };
  for (const { dataset } of sections) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = dataset.sample;
    button.addEventListener("click", () => {
      choose(dataset.sample);
      remember("zen-language", dataset.sample);
    });
    bar.append(button);
  }
  samples.classList.add("chosen");
  samples.prepend(bar);
  const languages = sections.map((section) => section.dataset.sample);
  const before = remembered("zen-language");
  choose(languages.includes(before) ? before : languages[0]);
}

function openAround(anchor) {
  const target = anchor && document.getElementById(decodeURIComponent(anchor));
  for (let at = target; at; at = at.parentElement) {
    if (at instanceof HTMLDetailsElement) {
      at.open = true;
    }
  }
}

document.querySelectorAll("button.theme").forEach(themeButton);
document.querySelectorAll("button.menu").forEach(menuButton);
document.querySelectorAll(".code").forEach(copyButton);
document.querySelectorAll(".samples").forEach(languageButtons);
addEventListener("hashchange", () => openAround(location.hash.slice(1)));
openAround(location.hash.slice(1));
document.querySelector("nav.pages [aria-current]")?.scrollIntoView({ block: "nearest" });
