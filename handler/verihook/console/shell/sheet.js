// The sheet of keys, and the settings of this browser.
import { html, useState } from "../vendor/preact.js";
import { Dialog } from "../parts/dialog.js";
import { shortcutsNow } from "./keyboard.js";
import { changeSettings, settings } from "./settings.js";

const FIXED = [
  ["Enter", "open the row"],
  ["Esc", "close a dialog or a menu"],
  ["Ctrl Enter", "submit a dialog"],
];

export function Sheet({ onClose }) {
  const [now, setNow] = useState(settings());
  const [rows] = useState(() => [...shortcutsNow().filter(([key]) => key !== "mod+k"), ["Ctrl K", "find an id or a page"], ...FIXED]);
  const change = (changes) => {
    changeSettings(changes);
    setNow(settings());
  };
  return html`<${Dialog} title="Keyboard and settings" onClose=${onClose}>
    <dl class="keys">${rows.map(([key, words]) => html`<div key=${key}><dt>${key.split(" ").map((each) => html`<kbd>${each}</kbd>`)}</dt><dd>${words}</dd></div>`)}</dl>
    <label class="check"><input type="checkbox" checked=${now.letters} onChange=${(event) => change({ letters: event.target.checked })} />
      Single letters are shortcuts</label>
    <fieldset><legend>Colours</legend>
      ${[["auto", "as the system"], ["light", "light"], ["dark", "dark"]].map(([value, word]) => html`<label class="check" key=${value}>
        <input type="radio" name="theme" checked=${now.theme === value} onChange=${() => change({ theme: value })} /> ${word}</label>`)}
    </fieldset>
  <//>`;
}
