// What does the same outside of the console: as curl, as a command of verihook, and in Python.
import { API } from "../shell/client.js";

const AUTH = "# $AUTH is a file that holds: Authorization: Bearer KEY   (on one machine: verihook keys run --header > $AUTH)";

// A request to /v1 as curl sends it. The key comes from a file: others see the arguments of a program.
export function curlOf(url, { method = "GET", body, headers = {} } = {}) {
  const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}-H @$AUTH`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  return `${AUTH}\n${[...parts, quoted(url)].join(" \\\n  ")}\n`;
}

// A command line; arguments are quoted as a shell needs it.
export function commandOf(...words) {
  return `verihook ${words.filter((word) => word !== "").map(quoted).join(" ")}\n`;
}

// Lines of Python with the client as `verihook`.
export function pythonOf(...lines) {
  const server = new URL("..", API).href.replace(/\/$/, "");
  const head = ["import os", "from verihook.client import Client", ""];
  return [...head, `with Client(${pythonText(server)}, os.environ["VERIHOOK_KEY"]) as verihook:`, ...lines.map((line) => `    ${line}`), ""].join("\n");
}

// A text as Python writes it.
export function pythonText(text) {
  return JSON.stringify(text);
}

// Filters as flags of a command, and as keywords of Python; those that are empty are left out.
export const flagsOf = (filters) => given(filters).flatMap(([name, value]) => [`--${name}`, value]);
export const keywordsOf = (filters) => given(filters).map(([name, value]) => `${name}=${pythonText(value)}`).join(", ");
const given = (filters) => Object.entries(filters).filter(([, value]) => value);

export function quoted(word) {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
