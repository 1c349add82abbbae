// What a start can say beside its input: id, idempotency key, delay, labels, connection, and how long to wait.
import { html } from "../vendor/preact.js";
import { pythonText } from "../parts/commands.js";
import { Lacking } from "../parts/problem.js";
import { useIdentity } from "../shell/identity.js";

export const NO_OPTIONS = { id: "", onConflict: "fail", idempotencyKey: "", delay: "", tags: "", metadata: "", connection: "", wait: "" };

const CONFLICTS = [["fail", "is refused (409)"], ["return", "is returned as it stands"]];

export function Options({ options, change, connections }) {
  const restarts = useIdentity().may("instances:manage");
  const field = (name, label, hint = "") => html`<label class="field" key=${name}><span>${label}</span>
    <input name=${name} value=${options[name]} placeholder=${hint} autocomplete="off" spellcheck="false" onInput=${(event) => change({ ...options, [name]: event.target.value })} /></label>`;
  const chosen = (name, label, choices) => html`<label class="field" key=${name}><span>${label}</span>
    <select name=${name} value=${options[name]} onChange=${(event) => change({ ...options, [name]: event.target.value })}>
      ${choices.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select></label>`;
  return html`<details class="panel options"><summary>Id, labels, delay and more</summary><div class="option-fields">
    ${field("id", "Instance id", "made if empty")}
    ${chosen("onConflict", "An id that is taken", [...CONFLICTS, ...(restarts ? [["restart", "is started again"]] : [])])}
    ${field("idempotencyKey", "Idempotency key", "order-1042-created")}
    ${field("delay", "Start after", "90s, 15m, 2h, 7d")}
    ${field("tags", "Tags, separated by commas", "vip")}
    ${field("metadata", "Metadata, as KEY=VALUE", "customer=42, region=eu")}
    ${connections.length > 0 && chosen("connection", "Connection", [["", "none"], ...connections.map((each) => [each, each])])}
    ${field("wait", "Wait for its end, in seconds", "not at all")}
  </div><${Lacking} of=${[["instances:manage", "Starting an id that is taken again"]]} /></details>`;
}

const listOf = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

// The body of the start; what is not filled in is left out.
export function bodyOf(options, input) {
  const pairs = listOf(options.metadata).map((each) => [each.split("=")[0].trim(), each.slice(each.indexOf("=") + 1).trim()]);
  const tags = listOf(options.tags);
  return {
    ...(input === undefined ? {} : { input }),
    ...(options.id && { id: options.id }),
    ...(options.id && options.onConflict !== "fail" && { onConflict: options.onConflict }),
    ...(options.idempotencyKey && { idempotencyKey: options.idempotencyKey }),
    ...(options.delay && { delay: options.delay }),
    ...(tags.length > 0 && { tags }),
    ...(pairs.length > 0 && { metadata: Object.fromEntries(pairs) }),
    ...(options.connection && { connection: options.connection }),
  };
}

// The same as words of the command and as keywords of the client.
export function wordsOf(options) {
  const { id, onConflict, idempotencyKey, delay, tags, metadata, connection } = bodyOf(options);
  const plain = [["--id", "id", id], ["--on-conflict", "on_conflict", onConflict], ["--idempotency-key", "idempotency_key", idempotencyKey],
    ["--delay", "delay", delay], ["--connection", "connection", connection]].filter(([, , value]) => value);
  const pairs = Object.entries(metadata || {});
  return {
    words: [...plain.flatMap(([word, , value]) => [word, value]), ...(tags || []).flatMap((tag) => ["--tag", tag]),
      ...pairs.flatMap(([key, value]) => ["--metadata", `${key}=${value}`]), ...(options.wait ? ["--wait", "--timeout", options.wait] : [])],
    keywords: [...plain.map(([, name, value]) => `${name}=${pythonText(value)}`), ...(tags ? [`tags=${JSON.stringify(tags)}`] : []),
      ...(pairs.length > 0 ? [`metadata=${JSON.stringify(metadata)}`] : [])],
  };
}
