// One instance: how it stands, what it did, and what can be done with it.
import { html, useState } from "../vendor/preact.js";
import { act, actionsFor } from "../instance/actions.js";
import { AttemptsOf, DeliveryOf, EventsOf } from "../instance/more.js";
import { GraphOf, StepsOf } from "../instance/steps.js";
import { CopyAs, CopyButton, Id } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Json } from "../parts/content.js";
import { Confirm } from "../parts/dialog.js";
import { Facts, Panel, Tabs } from "../parts/facts.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { StatusMark, hasEnded } from "../parts/status.js";
import { Ago, duration } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useShortcut } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { address, go } from "../shell/router.js";

export function Page({ id }) {
  const identity = useIdentity();
  const url = api(`instances/${segment(id)}`);
  const found = useResource(url, { poll: true, until: ({ status }) => hasEnded(status) });
  const [asked, setAsked] = useState(null);
  const instance = found.data;
  const actions = instance && identity.may("instances:manage") ? actionsFor(instance.status) : [];
  const first = actions.find(({ name }) => ["redrive", "restart"].includes(name));
  useShortcut("r", "redrive or restart it", () => setAsked(first), Boolean(first));
  if (!instance) {
    return html`<${PageHead} title="Instance" tab=${`Instance ${id}`} />${found.problem ? html`<${ProblemNote} problem=${found.problem} retry=${found.reload} />` : html`<${Awaited} />`}`;
  }
  const acted = (action) => {
    setAsked(null);
    announce(DONE[action.name]);
    if (action.name === "delete") go(address("instances"));
    else found.reload();
  };
  return html`
    <${PageHead} title=${instance.workflow} tab=${`${instance.workflow} ${id}`} aside=${html`<span role="status"><${StatusMark} status=${instance.status} /></span>`}>
      ${actions.map((action) => html`<button type="button" key=${action.name} class=${["redrive", "resume"].includes(action.name) ? "primary" : ""} onClick=${() => setAsked(action)}>${action.verb}…</button>`)}
      <${CopyAs} ...${repeats(id)} />
    <//>
    <p class="under-head"><code>${id}</code><${CopyButton} text=${id} what="the instance's id" /></p>
    ${found.problem && html`<${ProblemNote} problem=${found.problem} />`}
    <${Lacking} of=${[["instances:manage", "Changing it"]]} />
    ${instance.error && html`<${Failure} instance=${instance} />`}
    <${Panel} title="How it stands"><${Facts} facts=${factsOf(instance)} /><//>
    <${Tabs} label="Of this instance" tabs=${tabsOf(instance, found.reload)} />
    ${asked && html`<${Asked} action=${asked} instance=${instance} onClose=${() => setAsked(null)} done=${() => acted(asked)} />`}
  `;
}

const DONE = {
  redrive: "It goes on where it failed.",
  restart: "A new attempt has begun.",
  resume: "It goes on.",
  suspend: "It is held.",
  terminate: "It has been terminated.",
  delete: "What was kept of it is deleted.",
};

function tabsOf(instance, reload) {
  return [
    { name: "timeline", title: "Timeline", show: () => html`<${StepsOf} instance=${instance} />` },
    { name: "graph", title: "Graph", show: () => html`<${GraphOf} instance=${instance} />` },
    { name: "data", title: "Input and output", show: () => html`<${Data} instance=${instance} />` },
    { name: "events", title: "Events", show: () => html`<${EventsOf} instance=${instance} reload=${reload} />` },
    { name: "attempts", title: "Attempts", show: () => html`<${AttemptsOf} instance=${instance} />` },
    instance.source && { name: "delivery", title: "Delivery", show: () => html`<${DeliveryOf} instance=${instance} />` },
    { name: "raw", title: "Raw", show: () => html`<${Json} value=${instance} what="the instance as JSON" />` },
  ].filter(Boolean);
}

function Failure({ instance: { status, error } }) {
  const words = { failed: "It failed", timed_out: "It ran out of time", terminated: "It was terminated" }[status] || "It reports an error";
  return html`<div class="note is-bad"><div><p><strong>${words}${error.code && html`: <code>${error.code}</code>`}</strong></p>
    ${error.message && html`<pre class="cause">${error.message}</pre>`}</div></div>`;
}

function factsOf(instance) {
  const took = Date.parse(instance.updatedAt) - Date.parse(instance.createdAt);
  return [
    ["Created", html`<${Ago} at=${instance.createdAt} />`],
    ["Changed", html`<${Ago} at=${instance.updatedAt} />`],
    hasEnded(instance.status) && ["From start to end", duration(took)],
    instance.startAt && ["Starts", html`<${Ago} at=${instance.startAt} />`],
    ["Held", instance.held && "by an operator: no step begins"],
    ["Attempt", instance.attempt],
    ["Version", instance.version],
    ["Engine", instance.engine],
    ["Source", instance.source],
    ["Event", instance.eventId && html`<code>${instance.eventId}</code> ${instance.eventType}`],
    ["Tags", instance.tags.join(", ")],
    ["Metadata", Object.entries(instance.metadata).map(([name, value]) => `${name}=${value}`).join(", ")],
    ["Connection", instance.connection],
    ["Callback", instance.callbackUrl],
    ["Leased until", instance.leasedUntil && html`<${Ago} at=${instance.leasedUntil} />`],
    ["Trace", instance.traceId && html`<${Id} value=${instance.traceId} what="the trace id" />`],
    ["Same bytes as", instance.replayOf && html`<a href=${address(`instances/${instance.replayOf}`)}>${instance.replayOf}</a>`],
  ];
}

function Data({ instance }) {
  const starts = useIdentity().may("workflows:execute");
  return html`<div class="halves">
    <${Panel} title="Input" aside=${starts && html`<a href=${address(`workflows/${segment(instance.workflow)}/start`, { from: instance.instanceId })}>Start another with it…</a>`}><${Json} value=${instance.input} what="the input" /><//>
    <${Panel} title="Output">${hasEnded(instance.status) ? html`<${Json} value=${instance.output} what="the output" />` : html`<p class="quiet">It has one when it has ended.</p>`}<//>
  </div><${Lacking} of=${[["workflows:execute", "Starting another with this input"]]} />`;
}

function Asked({ action, instance, onClose, done }) {
  const [reason, setReason] = useState("");
  const [output, setOutput] = useState("");
  return html`<${Confirm} title="${action.verb} this instance" words=${action.words(instance)} verb=${action.verb} danger=${action.danger}
    act=${() => act(action.name, instance.instanceId, { ...(reason && { reason }), ...(output && { output: JSON.parse(output) }) })} onClose=${onClose} done=${done}>
    ${action.reason && html`<label class="field"><span>Why (kept with it)</span>
      <input type="text" maxlength="1000" value=${reason} onInput=${(event) => setReason(event.target.value)} /></label>`}
    ${action.output && html`<label class="field"><span>What it ends with, as JSON (may be empty)</span>
      <textarea rows="3" spellcheck="false" value=${output} onInput=${(event) => setOutput(event.target.value)} /></label>`}
  <//>`;
}

function repeats(id) {
  return {
    curl: curlOf(api(`instances/${segment(id)}`)),
    cli: commandOf("instances", "get", id),
    python: pythonOf(`print(verihook.get(${pythonText(id)}))`),
  };
}
