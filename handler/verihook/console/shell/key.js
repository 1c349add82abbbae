// The API key: in the session storage of this tab, in memory if that is blocked, and never in the address for longer
// than it takes to read it there.
import { ROOT } from "./router.js";

// Two deployments can be at one origin, under two paths.
const NAME = `verihook.key:${ROOT.pathname}`;
const watchers = new Set();
let memory = "";

export function currentKey() {
  try {
    return sessionStorage.getItem(NAME) || memory;
  } catch {
    return memory;
  }
}

export function keepKey(key) {
  memory = key;
  try {
    if (key) sessionStorage.setItem(NAME, key);
    else sessionStorage.removeItem(NAME);
  } catch {
    // Blocked: memory has it until the page is closed.
  }
  keyRefused();
}

// The key opens nothing any more, or there is another one: what watches asks again who looks.
export function keyRefused() {
  for (const watcher of [...watchers]) watcher();
}

// Calls back whenever there is another key; returns what ends that.
export function watchKey(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

// "#key=..." is how one machine hands over the key of its run. A fragment is never sent to a server.
export function takeKeyFromAddress() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + location.search);
  keepKey(decodeURIComponent(found[1]));
}

addEventListener("hashchange", takeKeyFromAddress);
