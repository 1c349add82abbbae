// How it stands as a whole: is it well, what came in the last hour, what failed.
import { html } from "../vendor/preact.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Awaited, PageHead } from "../parts/page.js";
import { ProblemNote } from "../parts/problem.js";
import { api } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";
import { bySource, hasTheHour } from "./by_source.js";
import { useAll } from "../shell/covered.js";
import { OUTCOMES_OF, countedTo, useHalfMinutes } from "./source_hour.js";
import { MOST_OUTCOMES, SourceTable } from "./sources.js";

const MOST_SHOWN = 10;
const FIRST_COMMANDS = [
  ["Send a correctly signed webhook", "verihook send orders examples/order.json --wait"],
  ["Start a workflow yourself", `verihook workflows run order-approval --input '{"orderId": "ord_7", "amount": 20}' --id order-7`],
  ["Answer what it waits for", `verihook events raise order-7 approved --payload '{"by": "you"}'`],
];

const FURTHER = [
  ["All sources", () => address("sources"), "sources:read"],
  ["Failures", () => address("failures"), "instances:read"],
  ["What runs", () => address("instances", { status: "running" }), "instances:read"],
];

// Few requests: it is the first page that most people see.
export function Overview() {
  const identity = useIdentity();
  const health = useResource(new URL("../health", api("")).href, { poll: true });
  const { answers, problem, retry } = useAll([api("deliveries", { limit: MOST_OUTCOMES })], useHalfMinutes());
  const found = answers && [...bySource(answers[0], Date.now())];
  const whole = answers && hasTheHour(answers[0], Date.now());
  return html`
    <${PageHead} title="Overview" />
    <div><${HealthLine} health=${health} /></div>
    <div>${problem && html`<${ProblemNote} problem=${problem} retry=${retry} />`}
    ${!answers && !problem && html`<${Awaited} />`}
    ${found?.length === 0 && html`<${FirstStart} />`}
    ${found?.length > 0 && html`<div><${Totals} found=${found} whole=${whole} /><h2 class="section">What came last, and where</h2>
      <${SourceTable} rows=${found.slice(0, MOST_SHOWN).map(([name, standing]) => ({ name, path: `/hooks/${name}`, standing, whole }))} /></div>`}</div>
    <p class="listing-foot">${FURTHER.filter(([, , scope]) => identity.may(scope)).map(([word, href], at) => html`${at > 0 && " · "}<a key=${word} href=${href()}>${word}</a>`)}</p>
  `;
}

// Of the last hour, over all sources.
function Totals({ found, whole }) {
  return html`<h2 class="section">In the last hour</h2><ul class="counts">${OUTCOMES_OF.map(([kind, outcome]) => {
    const count = found.reduce((sum, [, { hour }]) => sum + hour[kind], 0);
    return html`<li key=${kind}><a href=${address("deliveries", { outcome })}><strong data-bad=${kind === "refused" && count > 0}>${countedTo(count, whole)}</strong><span>${kind}</span></a></li>`;
  })}</ul>
    ${!whole && html`<p class="small quiet">More came than is counted here: each number is of the newest ${MOST_OUTCOMES.toLocaleString()} outcomes.</p>`}`;
}

function HealthLine({ health: { data, problem } }) {
  // 503 is an answer too: it says what does not work.
  if (problem && problem.status !== 503) return html`<${ProblemNote} problem=${problem} />`;
  if (!data && !problem) return html`<${Awaited} lines=${1} />`;
  const parts = data ? partsOf(data) : [["The server", "unavailable", "it answers that a part of it cannot be reached"]];
  const bad = parts.filter(([, state]) => state !== "ok");
  return html`<div class="note health ${bad.length ? "is-bad" : "is-good"}" role="status"><${Icon} name=${bad.length ? "cross" : "check"} ring />
    <div><p><strong>${bad.length ? "Something does not work" : "All is well"}</strong></p>
      <p class="small">${parts.map(([name, state, why], at) => html`${at > 0 && " · "}${name} ${state === "ok" ? "answers" : why || "cannot be reached"}`)}</p></div></div>`;
}

function partsOf({ ledger, engines, faults, withoutSecret }) {
  return [
    ["The ledger", ledger],
    ...Object.entries(engines || {}).map(([name, state]) => [`engine ${name}`, state]),
    ...Object.entries(faults || {}).map(([name, why]) => [name, "unavailable", `has stopped: ${why}`]),
    ...(withoutSecret || []).map((name) => [`source ${name}`, "unavailable", "answers 503: its secret is missing"]),
  ].filter(([, state]) => state);
}

function FirstStart() {
  return html`<section class="panel first-start"><header><h2>Three commands to begin with</h2></header>
    <ol>${FIRST_COMMANDS.map(([words, command]) => html`<li key=${command}><p>${words}</p><pre>${command}</pre><${CopyButton} text=${command} what="the command" /></li>`)}</ol></section>`;
}
