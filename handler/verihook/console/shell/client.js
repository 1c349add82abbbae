// Requests to /v1: with the key, and every failure as a Problem in words.
import { currentKey } from "./key.js";
import { ROOT } from "./router.js";

export const API = new URL("../v1/", ROOT);

// What went wrong, as problem+json says it (RFC 9457). `status` 0: no answer came.
export class Problem extends Error {
  constructor(status, content) {
    super(content.detail || content.title || `The server answered ${status}.`);
    this.status = status;
    this.content = content;
    this.code = content.code || "";
    this.title = content.title || "";
    this.requestId = content.requestId || "";
    this.violations = content.violations || [];
  }
}

// The address below /v1 of a path such as "deliveries", with its query; parameters that are empty are left out.
export function api(path, query = {}) {
  const url = new URL(path, API);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

// The segment of a path for any text.
export function segment(text) {
  return encodeURIComponent(text);
}

// Sends a request and returns { status, data, headers }. `bytes`: the data are a Uint8Array; `known`: the ETag of what
// the caller has already: if that is still so, the status is 304 and there are no data. Throws Problem.
export async function call(url, { method = "GET", body, headers = {}, signal, bytes = false, known = "" } = {}) {
  const key = currentKey();
  const answer = await send(url, {
    method,
    signal,
    headers: {
      accept: "application/json",
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(known ? { "if-none-match": known } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    // No cookie is ours, so none is sent.
    credentials: "omit",
    cache: "no-store",
  });
  if (answer.status === 304) return { status: 304, headers: answer.headers };
  if (!answer.ok) throw new Problem(answer.status, await content(answer));
  const data = bytes ? new Uint8Array(await answer.arrayBuffer()) : await content(answer);
  return { status: answer.status, data, headers: answer.headers };
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, {
      title: "No answer",
      detail: "The server cannot be reached. It may have stopped, or the network is down; the console tries again.",
    });
  }
}

async function content(answer) {
  const text = await answer.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { title: answer.statusText, detail: text.slice(0, 300) };
  }
}
