// Shows the contract with Scalar, which is told to stay on this server and to follow our colours.
"use strict";

{
  const place = document.getElementById("reference");
  const root = document.documentElement;
  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
  const tryHere = place.dataset.tryIt === "here";
  const paint = () => {
    document.body.classList.toggle("dark-mode", isDark());
    document.body.classList.toggle("light-mode", !isDark());
  };

  Scalar.createApiReference("#reference", {
    url: place.dataset.contract,
    // The servers of the contract are addresses that a page may not claim to be live.
    servers: tryHere ? [{ url: location.origin, description: "This sandbox" }] : undefined,
    hideTestRequestButton: !tryHere,
    forceDarkModeState: isDark() ? "dark" : "light",
    hideDarkModeToggle: true,
    hideSearch: true, // the site's own is in the bar
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: "never",
    hideClientButton: true,
    persistAuth: false,
    defaultOpenAllTags: false,
  });
  document.addEventListener("zen-theme", paint);
}
