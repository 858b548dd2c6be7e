// Before the first paint, so that a page read in the dark never flashes white.
"use strict";
try {
  const chosen = localStorage.getItem("pressmark-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; the device's choice then stands.
}
