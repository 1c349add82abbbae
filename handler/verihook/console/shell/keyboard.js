// Shortcuts: single letters, "g" and a letter, and Ctrl-K. None of them takes a key from somebody who types.
import { useEffect, useRef } from "../vendor/preact.js";
import { settings } from "./settings.js";

const shortcuts = new Map();
let afterG = 0;

// Calls `act` at this key while the component is there. `words` is what the sheet of keys says of it; "": nothing.
export function useShortcut(key, words, act, enabled = true) {
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    if (!enabled) return undefined;
    const before = shortcuts.get(key);
    const mine = { words, act: (event) => newest.current(event) };
    shortcuts.set(key, mine);
    return () => {
      if (shortcuts.get(key) !== mine) return;
      if (before) shortcuts.set(key, before);
      else shortcuts.delete(key);
    };
  }, [key, words, enabled]);
}

// The shortcuts that hold now, as [key, words].
export function shortcutsNow() {
  return [...shortcuts].map(([key, { words }]) => [key, words]).filter(([, words]) => words);
}

// Ctrl-Enter anywhere in a form, or in a dialog with one, is its button: the form's own checks come first.
export function submitHurried(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const { currentTarget } = event;
  (currentTarget.requestSubmit ? currentTarget : currentTarget.querySelector("form"))?.requestSubmit();
}

export function writesText(element) {
  return Boolean(element?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));
}

function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return run("mod+k", event);
  if (event.ctrlKey || event.metaKey || event.altKey || writesText(event.target)) return;
  if (document.querySelector("dialog[open]") || !settings().letters) return;
  const waitedForSecond = performance.now() - afterG < 1500;
  afterG = 0;
  if (waitedForSecond && run(`g ${event.key}`, event)) return;
  if (event.key === "g") afterG = performance.now();
  else run(event.key, event);
}

function run(key, event) {
  const found = shortcuts.get(key);
  if (!found) return false;
  event.preventDefault();
  found.act(event);
  return true;
}

document.addEventListener("keydown", pressed);
