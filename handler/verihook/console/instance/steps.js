// The steps of an instance: when each ran, and along which way through its definition.
import { html } from "../vendor/preact.js";
import { Later } from "../parts/later.js";
import { Awaited } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { hasEnded } from "../parts/status.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { Timeline } from "../timeline/timeline.js";

// The steps are asked for again with each change of the instance, and while it runs.
function useSteps({ instanceId, status, updatedAt }) {
  const over = hasEnded(status);
  return useResource(api(`instances/${segment(instanceId)}/steps`), { poll: over ? updatedAt : true, until: () => over });
}

export function StepsOf({ instance }) {
  const found = useSteps(instance);
  if (found.problem && !found.data) return html`<${Unknown} problem=${found.problem} />`;
  if (!found.data) return html`<${Awaited} lines=${4} />`;
  const { steps } = found.data;
  if (steps.length === 0) return html`<p class="quiet">${instance.engine === "function" ? "A function is one step: its input and output say all of it." : "No step has begun yet."}</p>`;
  // A later attempt began long after the instance was created.
  const begin = instance.attempt > 1 ? steps[0].startedAt : instance.createdAt;
  return html`<${Timeline} steps=${steps} begin=${begin} ended=${hasEnded(instance.status)} />`;
}

export function GraphOf({ instance }) {
  const reads = useIdentity().may("workflows:read");
  const found = useSteps(instance);
  const known = useResource(reads ? api(`workflows/${segment(instance.workflow)}/definition`) : null);
  if (!reads) return html`<${Lacking} of=${[["workflows:read", "To see the graph"]]} />`;
  if (known.problem) return html`<${Unknown} problem=${known.problem} />`;
  if (!known.data) return html`<${Awaited} lines=${4} />`;
  if (!known.data.machine) return html`<p class="quiet">${known.data.why}</p>`;
  return html`<${Later} load=${() => import("../pages/graph.js")} name="Graph" definition=${known.data.machine} steps=${found.data?.steps} label="The way through ${instance.workflow}" />`;
}

// What this engine has no answer to is no failure.
function Unknown({ problem }) {
  return [404, 501].includes(problem.status) ? html`<p class="quiet">${problem.message}</p>` : html`<${ProblemNote} problem=${problem} />`;
}
