// The focus is never nowhere: if what had it goes, the heading of the page gets it, or the page that is still to come;
// within a dialog its first button.
import { awaitsHeading } from "./router.js";

let last = null;

export function keepFocus(root) {
  document.addEventListener("focusin", ({ target }) => {
    last = target;
  });
  new MutationObserver(restore).observe(root, { childList: true, subtree: true });
}

// A dialog that closes gives the focus back before this is called; a person may have put it nowhere by a click.
function restore() {
  if (!last || last.isConnected || (document.activeElement && document.activeElement !== document.body)) return;
  const main = document.getElementById("main");
  const place = document.querySelector("dialog[open] button") || (!awaitsHeading() && main?.querySelector("h1")) || main;
  place?.focus({ preventScroll: true });
}
