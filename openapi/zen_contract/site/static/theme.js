// Runs before the page is painted, so that no colour is seen that was not chosen.
"use strict";

{
  const root = document.documentElement;
  root.classList.add("js");
  let chosen = null;
  try {
    chosen = localStorage.getItem("zen-theme");
  } catch {
    // Storage is switched off: the system's colours it is.
  }
  if (chosen === "light" || chosen === "dark") {
    root.dataset.theme = chosen;
  }
}
