// Times: how long ago, with the whole time in the title; and how long something took.
import { html, useEffect, useState } from "../vendor/preact.js";

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];
const tickers = new Set();
let beat = 0;

// All times of a page grow old together.
function useBeat() {
  const [, setTurn] = useState(0);
  useEffect(() => {
    const tick = () => setTurn((before) => before + 1);
    tickers.add(tick);
    beat ||= setInterval(() => document.hidden || [...tickers].forEach((each) => each()), 10000);
    return () => {
      tickers.delete(tick);
      if (tickers.size === 0) beat = clearInterval(beat) || 0;
    };
  }, []);
}

// `at`: ISO 8601.
export function Ago({ at }) {
  useBeat();
  if (!at) return html`<span class="quiet">never</span>`;
  return html`<time datetime=${at} title=${wholeTime(at)}>${ago(at)}</time>`;
}

export function ago(at, now = Date.now()) {
  const seconds = (now - Date.parse(at)) / 1000;
  if (Number.isNaN(seconds)) return String(at);
  if (Math.abs(seconds) < 2) return "now";
  const words = inUnits(Math.abs(seconds), 1);
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

// A time of day where the person is, to the millisecond, and the same in UTC.
export function wholeTime(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const local = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return `${local} (${date.toISOString().replace("T", " ").replace("Z", " UTC")})`;
}

// "340 ms", "2.4 s", "3 min 20 s".
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;
  return inUnits(ms / 1000, 2);
}

function inUnits(seconds, most) {
  const words = [];
  let left = Math.floor(seconds);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    if (count > 0 && words.length < most) words.push(`${count} ${unit}`);
    else if (words.length > 0) break;
    left -= count * length;
  }
  return words.join(" ") || "0 s";
}
