// What came from elsewhere: JSON and texts, always as text nodes, whatever is in them.
import { html, useState } from "../vendor/preact.js";
import { copyText } from "./copy.js";

// More would make the browser slow; the rest is shown when it is asked for.
const SHOWN = 50000;

// A value as indented JSON.
export function Json({ value, what = "the JSON" }) {
  return html`<${Text} text=${JSON.stringify(value, null, 2) ?? "null"} what=${what} />`;
}

export function Text({ text, what = "the text" }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > SHOWN;
  return html`<div class="content">
    <pre tabindex="0" role="group" aria-label=${what}>${cut ? text.slice(0, SHOWN) : text}</pre>
    <div class="content-buttons">
      ${cut && html`<button type="button" onClick=${() => setWhole(true)}>Show all ${text.length.toLocaleString()} characters</button>`}
      <button type="button" onClick=${() => copyText(text, what)}>Copy</button>
    </div>
  </div>`;
}

// Bytes as text: JSON indented, UTF-8 as it is; null if they are neither.
export function textOf(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[\0-\x08\x0e-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

// Lines of 16 bytes: where they are, in hexadecimal, and as ASCII.
export function hexLines(bytes, most = 4096) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  if (bytes.length > most) lines.push(`… ${(bytes.length - most).toLocaleString()} bytes more`);
  return lines.join("\n");
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
