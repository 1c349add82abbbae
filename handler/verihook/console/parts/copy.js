// Copying: an id at its side, and what repeats an act as curl, as a command and in Python.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { announce } from "../shell/announce.js";
import { Icon } from "./icon.js";

// Puts a text into the clipboard and says so; `what` it is, in words.
export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${what}.`);
  } catch {
    announce("The browser does not let this page copy. Select the text and copy it yourself.");
  }
}

export function CopyButton({ text, what }) {
  return html`<button type="button" class="icon-button copy" aria-label="Copy ${what}" title="Copy ${what}"
    onClick=${() => copyText(text, what)}><${Icon} name="copy" /></button>`;
}

// An id in monospace, cut in its middle if it is long, whole in its title, with a button that copies it.
export function Id({ value, what = "the id", href = "", most = 24 }) {
  if (!value) return html`<span class="quiet">none</span>`;
  const shown = shortened(value, most);
  return html`<span class="id"><code title=${value}>${href ? html`<a href=${href}>${shown}</a>` : shown}</code>
    <${CopyButton} text=${value} what=${what} /></span>`;
}

export function shortened(text, most) {
  const half = Math.floor((most - 1) / 2);
  return text.length <= most ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

// A menu with the ways to repeat something; those that are "" are left out.
export function CopyAs({ curl = "", cli = "", python = "", label = "Copy as" }) {
  const ways = [["curl", curl], ["verihook command", cli], ["Python", python]].filter(([, text]) => text);
  return html`<${Menu} label=${label}>
    ${ways.map(([name, text]) => html`<button type="button" onClick=${() => copyText(text, `the ${name}`)}>${name}</button>`)}
  <//>`;
}

// A button that shows more buttons. Escape, a click elsewhere or a choice closes it.
export function Menu({ label, children }) {
  const [shown, setShown] = useState(false);
  const box = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!shown) return undefined;
    const outside = (event) => box.current?.contains(event.target) || setShown(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [shown]);
  const close = (event) => {
    if (event.key !== "Escape" || !shown) return;
    event.preventDefault();
    setShown(false);
    button.current.focus();
  };
  const leave = (event) => box.current?.contains(event.relatedTarget) || !event.relatedTarget || setShown(false);
  const chosen = (event) => {
    if (!event.target.closest("button")) return;
    setShown(false);
    button.current.focus();
  };
  return html`<div class="menu" ref=${box} onKeyDown=${close} onfocusout=${leave}>
    <button type="button" ref=${button} aria-expanded=${shown} onClick=${() => setShown(!shown)}>${label} <span aria-hidden="true">▾</span></button>
    ${shown && html`<div class="menu-items" onClick=${chosen}>${children}</div>`}
  </div>`;
}
