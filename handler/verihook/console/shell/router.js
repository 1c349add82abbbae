// The address is the state: which page, and in its query everything that the page shows.
import { useEffect, useState } from "../vendor/preact.js";

// This module is served as console/assets/HASH/app.js.
export const ROOT = new URL("../../", import.meta.url);

const listeners = new Set();
let headingWanted = false;

// The address of a page: "deliveries/ID", with an object of query parameters; those that are empty are left out.
export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}

// Where we are: { path, query }, the path without slashes at its ends.
export function place() {
  const path = location.pathname.slice(ROOT.pathname.length).replace(/\/+$/, "");
  return { path, query: Object.fromEntries(new URLSearchParams(location.search)), href: location.pathname + location.search };
}

export function go(href, { replace = false } = {}) {
  const before = location.pathname;
  if (href === before + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  if (location.pathname !== before) arrived();
  announcePlace();
}

// Changes parts of the query and stays on the page; a value of "" or null takes the parameter out.
export function setQuery(changes, { replace = false } = {}) {
  const { path, query } = place();
  go(address(path, { ...query, ...changes }), { replace });
}

export function usePlace() {
  const [now, setNow] = useState(place);
  useEffect(() => {
    const listener = () => setNow((before) => (before.href === location.pathname + location.search ? before : place()));
    listeners.add(listener);
    // What is below has its effects first, and may have gone elsewhere.
    listener();
    return () => listeners.delete(listener);
  }, []);
  return now;
}

// The page that a path names, with what its ":name" segments are; null if there is none.
export function match(path, pages) {
  const given = path.split("/");
  for (const page of pages) {
    const wanted = page.path.split("/");
    if (wanted.length !== given.length) continue;
    const params = {};
    const fits = wanted.every((segment, at) => {
      if (!segment.startsWith(":")) return segment === given[at];
      params[segment.slice(1)] = decode(given[at]);
      return given[at] !== "";
    });
    if (fits) return { page, params };
  }
  return null;
}

// Whether the heading of a page is to get the focus: once after each change of the page, never at the first.
export function takeHeadingFocus() {
  const wanted = headingWanted;
  headingWanted = false;
  return wanted;
}

// The heading of the page that comes next gets the focus.
export function wantHeading() {
  headingWanted = true;
}

// Whether there is another page now whose heading is still to come.
export function awaitsHeading() {
  return headingWanted;
}

function arrived() {
  headingWanted = true;
  scrollTo(0, 0);
  // What had the focus goes with its page; the heading is still to come.
  document.getElementById("main")?.focus({ preventScroll: true });
}

function announcePlace() {
  for (const listener of [...listeners]) listener();
}

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

addEventListener("popstate", () => {
  if (document.getElementById("main")?.dataset.path !== place().path) arrived();
  announcePlace();
});

// Links within the console do not load the page again. Those that are meant for another tab are the browser's.
document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.("a[href]");
  if (!link || link.target || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (url.origin !== ROOT.origin || !url.pathname.startsWith(ROOT.pathname) || link.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  go(url.pathname + url.search);
});
