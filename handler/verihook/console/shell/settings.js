// What a person has chosen for this browser: the theme, whether single letters are shortcuts (WCAG 2.1.4), and the
// views of lists that were saved: by path, [name, query].
const STORED = "verihook.settings";
const DEFAULTS = { theme: "auto", letters: true, views: {} };

let current = { ...DEFAULTS, ...stored() };

export function settings() {
  return current;
}

export function changeSettings(changes) {
  current = { ...current, ...changes };
  try {
    localStorage.setItem(STORED, JSON.stringify(current));
  } catch {
    // Blocked: they hold until the page is closed.
  }
  applyTheme();
}

export function applyTheme() {
  if (current.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) || {};
  } catch {
    return {};
  }
}
