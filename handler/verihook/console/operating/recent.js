// How many instances of a workflow began in the last day, and how many of them failed; for a key with instances:read.
import { html, useState } from "../vendor/preact.js";
import { api } from "../shell/client.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";

const MOST_RECENT = 200;
const DAY_MS = 86_400_000;

export function Recent({ workflow }) {
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString());
  const { data } = useResource(api("instances", { workflow, since, limit: MOST_RECENT }));
  if (!data) return html`<span class="quiet">…</span>`;
  const failed = data.instances.filter(({ status }) => status === "failed" || status === "timed_out").length;
  const count = `${data.instances.length}${data.cursor ? "+" : ""}`;
  if (count === "0") return html`<span class="quiet">none</span>`;
  return html`<a href=${address("instances", { workflow })}>${count}</a>${failed > 0 && html`, <a class="tone-bad" href=${address("instances", { workflow, status: "failed" })}>${failed} failed</a>`}`;
}
