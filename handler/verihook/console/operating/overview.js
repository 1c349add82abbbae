// How it stands as a whole: is it well, what came in the last hour, what failed.
import { html } from "../vendor/preact.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Awaited, PageHead } from "../parts/page.js";
import { ProblemNote } from "../parts/problem.js";
import { Ago, duration } from "../parts/time.js";
import { api } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";
import { bySource, hasTheHour } from "./by_source.js";
import { OUTCOMES_OF, countedTo, useNewest } from "./source_hour.js";
import { SourceTable } from "./sources.js";

// As the alarm of AWS: docs/observe.md.
const LATE_S = 120;
// A secret that ends before then is said.
const NEAR_MS = 14 * 86_400_000;
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
  const { found: newest, problem, retry } = useNewest({});
  const found = newest && [...bySource(newest, Date.now())];
  const whole = newest && hasTheHour(newest, Date.now());
  const ends = health.data?.secretsEnd || {};
  return html`
    <${PageHead} title="Overview" />
    <div><${HealthLine} health=${health} /></div>
    <div>${problem && html`<${ProblemNote} problem=${problem} retry=${retry} />`}
    ${!newest && !problem && html`<${Awaited} />`}
    ${found?.length === 0 && html`<${FirstStart} />`}
    ${found?.length > 0 && html`<div><${Totals} found=${found} whole=${whole} of=${newest.deliveries.length} /><h2 class="section">What came last, and where</h2>
      <${SourceTable} rows=${found.slice(0, MOST_SHOWN).map(([name, standing]) => ({ name, path: `/hooks/${name}`, standing, whole, secretUntil: ends[name] }))} /></div>`}</div>
    <p class="listing-foot">${FURTHER.filter(([, , scope]) => identity.may(scope)).map(([word, href], at) => html`${at > 0 && " · "}<a key=${word} href=${href()}>${word}</a>`)}</p>
  `;
}

// Of the last hour, over all sources.
function Totals({ found, whole, of }) {
  return html`<h2 class="section">In the last hour</h2><ul class="counts">${OUTCOMES_OF.map(([kind, outcome]) => {
    const count = found.reduce((sum, [, { hour }]) => sum + hour[kind], 0);
    return html`<li key=${kind}><a href=${address("deliveries", { outcome })}><strong data-bad=${kind === "refused" && count > 0}>${countedTo(count, whole)}</strong><span>${kind}</span></a></li>`;
  })}</ul>
    ${!whole && html`<p class="small quiet">More came than is counted here: each number is of the newest ${of.toLocaleString()} outcomes.</p>`}`;
}

function HealthLine({ health: { data, problem } }) {
  // 503 is an answer too: it says what does not work.
  const told = problem?.content.ledger ? problem.content : data;
  if (problem && told === data) return html`<${ProblemNote} problem=${problem} />`;
  if (!told) return html`<${Awaited} lines=${1} />`;
  const parts = partsOf(told);
  const bad = parts.filter(([, state]) => state !== "ok");
  const soon = soonOf(told);
  const [tone, icon, title] = bad.length ? ["bad", "cross", "Something does not work"] : soon.length ? ["warn", "clock", "It works, and needs a look"] : ["good", "check", "All is well"];
  return html`<div class="note health is-${tone}"><${Icon} name=${icon} ring />
    <div><p role="status"><strong>${title}</strong></p>${soon}
      <p class="small">${parts.map(([name, state, why], at) => html`${at > 0 && " · "}${name} ${state === "ok" ? "answers" : why || "cannot be reached"}`)}${told.reconciledAt && html` · last repairs: <${Ago} at=${told.reconciledAt} />`}</p></div></div>`;
}

// What will not work before long: starts that are late, and secrets that end.
function soonOf({ oldestQueuedSeconds, secretsEnd }) {
  const near = Object.entries(secretsEnd || {}).filter(([, at]) => Date.parse(at) - Date.now() < NEAR_MS);
  return [
    oldestQueuedSeconds > LATE_S && html`<p key="">An instance has waited for its start for ${duration(oldestQueuedSeconds * 1000)}: <a href=${address("instances", { status: "queued" })}>what is queued</a>.</p>`,
    ...near.map(([name, at]) => html`<p key=${name}>A secret of <a href=${address(`sources/${name}`)}>${name}</a> ends <${Ago} at=${at} />.</p>`),
  ].filter(Boolean);
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
