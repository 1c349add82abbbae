// The steps of an instance: when each ran and how it ended.
import { html } from "../vendor/preact.js";
import { Awaited } from "../parts/page.js";
import { ProblemNote } from "../parts/problem.js";
import { StatusMark, hasEnded } from "../parts/status.js";
import { Ago, duration } from "../parts/time.js";
import { api, segment } from "../shell/client.js";
import { useResource } from "../shell/resource.js";

// The steps are asked for again with each change of the instance, and while it runs.
function useSteps({ instanceId, status, attempt }) {
  const over = hasEnded(status);
  return useResource(api(`instances/${segment(instanceId)}/steps`), { poll: over ? `${status}${attempt}` : true, until: () => over });
}

export function StepsOf({ instance }) {
  const found = useSteps(instance);
  if (found.problem && !found.data) return html`<${Unknown} problem=${found.problem} />`;
  if (!found.data) return html`<${Awaited} lines=${4} />`;
  const { steps } = found.data;
  if (steps.length === 0) return html`<p class="quiet">${instance.engine === "function" ? "A function is one step: its input and output say all of it." : "No step has begun yet."}</p>`;
  return html`<div class="table-box"><table><caption class="for-readers">Steps, the first ones first</caption>
    <thead><tr><th scope="col">Step</th><th scope="col">Status</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col" class="wide">Error</th></tr></thead>
    <tbody>${steps.map((step, at) => html`<tr key=${at}><th scope="row">${step.name}</th><td><${StatusMark} status=${step.status} /></td>
      <td><${Ago} at=${step.startedAt} /></td><td>${step.endedAt ? duration(Date.parse(step.endedAt) - Date.parse(step.startedAt)) : ""}</td>
      <td class="wide">${step.error && html`<code>${step.error.code}</code> ${step.error.message}`}</td></tr>`)}</tbody></table></div>`;
}

// What this engine has no answer to is no failure.
function Unknown({ problem }) {
  return [404, 501].includes(problem.status) ? html`<p class="quiet">${problem.message}</p>` : html`<${ProblemNote} problem=${problem} />`;
}
