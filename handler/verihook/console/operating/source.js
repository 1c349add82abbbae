// One source: what to enter at the sender, how its deliveries are verified, its secrets, and what came.
import { html, useState } from "../vendor/preact.js";
import { PAGES } from "../pages.js";
import { CopyAs, CopyButton } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { useAll } from "../shell/covered.js";
import { Confirm } from "../parts/dialog.js";
import { Facts, Panel } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { Listing } from "../parts/listing.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { bySource, hasTheHour, nothing } from "./by_source.js";
import { rotationOf } from "./rotation.js";
import { SourceHour, SourceMark, useHalfMinutes, useNewest } from "./source_hour.js";
import { OutcomeMark, inWords } from "../parts/status.js";
import { Ago } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { address, match } from "../shell/router.js";

export function Source({ id }) {
  const turn = useHalfMinutes();
  const reads = useIdentity().may("deliveries:read");
  const { answers, problem, retry } = useAll([api(`sources/${segment(id)}`)], turn);
  const came = useNewest(reads ? { source: id } : null).found;
  const source = answers?.[0];
  const now = Date.now();
  if (!source) return html`<${PageHead} title=${id} />${problem ? html`<${ProblemNote} problem=${problem} retry=${retry} />` : html`<${Awaited} />`}`;
  return html`
    <${PageHead} title=${source.name} aside=${html`<${SourceMark} usable=${source.usable} accepted=${source.lastAcceptedAt || ""} refused=${source.lastRefused?.at} />`}><${SourceButtons} source=${source} /><//>
    <${Address} source=${source} />
    <${Setup} source=${source} />
    ${!source.usable && html`<p class="note is-bad"><${Icon} name="key" ring /><span>No secret of this source is known, so it answers 503. Set the value of ${source.secrets.map(({ reference }) => reference).join(" or ") || "its secret"}.</span></p>`}
    <${Panel} title="The last hour" aside=${html`<a href=${address("deliveries", { source: source.name })}>All deliveries</a>`}>${came && html`<div><${SourceHour} name=${id} standing=${bySource(came, now).get(id) ?? nothing()} whole=${hasTheHour(came, now)} /></div>`}
      <${Facts} facts=${standing(source)} /><//>
    <div class="halves">
      <${Panel} title="How it verifies"><${Facts} facts=${verification(source)} /><//>
      <${Panel} title="How this sender behaves"><${Facts} facts=${behaviour(source)} /><//>
    </div>
    ${source.secrets.length > 0 && html`<${Secrets} source=${source} />`}
    ${reads && html`<h2 class="section">Its deliveries</h2><${SourceDeliveries} source=${source.name} />`}
    <${Lacking} of=${[["sources:test", "Sending a test"], ["deliveries:body", "Keeping refusals"], ["deliveries:read", "Seeing its deliveries"]]} />
  `;
}

function SourceButtons({ source }) {
  const identity = useIdentity();
  const [asked, setAsked] = useState(false);
  const [minutes, setMinutes] = useState(10);
  const capture = () => call(api(`sources/${segment(source.name)}/captures`), { method: "POST", body: { minutes } });
  const captured = () => {
    setAsked(false);
    announce(`Refused requests are kept for ${minutes} minutes.`, { href: address("deliveries", { source: source.name, outcome: "captured" }), linked: "See them" });
  };
  return html`
    ${identity.may("sources:test") && match("composer", PAGES) && html`<a class="button primary" href=${address("composer", { source: source.name })}>Send a test…</a>`}
    ${identity.may("deliveries:body") && html`<button type="button" onClick=${() => setAsked(true)}>Keep refusals…</button>`}
    <${CopyAs} curl=${curlOf(api(`sources/${segment(source.name)}`))} cli=${commandOf("sources", "show", source.name)} python=${pythonOf(`print(verihook.source(${pythonText(source.name)}))`)} />
    ${asked && html`<${Confirm} title="Keep refused requests whole" verb="Keep them" act=${capture} done=${captured} onClose=${() => setAsked(false)}
      words="Headers by name and bodies of up to 64 KB, of the first 20 that are refused from now on. They come from strangers, and may be anything.">
      <label class="field"><span>For how many minutes</span><input type="number" min="1" max="60" required value=${minutes} onInput=${(event) => setMinutes(Number(event.target.value))} /></label><//>`}
  `;
}

function Address({ source }) {
  if (!source.url) return html`<p class="note"><span>Enter at the sender: the output <code>WebhookUrl</code> of the stack, followed by <code>${source.path.slice(1)}</code>.</span></p>`;
  return html`<p class="address"><code>${source.url}</code><${CopyButton} text=${source.url} what="the address" /><span class="quiet small">Enter this at the sender.</span></p>`;
}

const standing = ({ day, lastAcceptedAt, lastRefused, name, workflow, workflows }) => [
  ["Accepted in 24 hours", `${day.atLeast ? "at least " : ""}${day.accepted.toLocaleString()}`],
  ["Refused in 24 hours", day.rejected.toLocaleString()],
  ["Last accepted", html`<${Ago} at=${lastAcceptedAt} />`],
  ["Last refused", lastRefused && html`<${Ago} at=${lastRefused.at} />: <a href=${address("deliveries", { source: name, outcome: "rejected" })}>${lastRefused.reason}</a>`],
  ["Starts", (workflows.length ? workflows : [workflow]).filter(Boolean).map((each, at) => html`${at > 0 && ", "}<a href=${address(`workflows/${segment(each)}`)}>${each}</a>`)],
];

const verification = ({ scheme, types, duplicates, changed, replays, maxBody, startsPerMinute, handshake }) => [
  ["Signature", scheme],
  ["Event types", types.join(", ") || "all"],
  ["A redelivery", { return: "is answered with the instance that exists", reject: "is refused (409)", restart: "restarts its instance" }[duplicates] || duplicates],
  ["The same event with another body", { return: "is answered like a redelivery", reject: "is refused (409)" }[changed] || changed],
  ["Signed bytes under another id", replays],
  ["Largest body", `${maxBody.toLocaleString()} bytes`],
  ["Starts a minute", startsPerMinute ?? "not limited"],
  ["Handshake", handshake && html`${handshake.kind}, last <${Ago} at=${handshake.lastAt} />`],
];

const behaviour = ({ behaviour: { title, documentation, evidence, timeoutSeconds, retries, refusals } }) => [
  ["Sender", documentation && /^https:\/\//.test(documentation) ? html`<a href=${documentation} target="_blank" rel="noreferrer">${title}</a>` : title],
  ["Waits for an answer", timeoutSeconds && `${timeoutSeconds} s`],
  ["Delivers again", retries || "not known"],
  ["On a refusal", refusals],
  ["What we know rests on", evidence],
];

function Secrets({ source }) {
  const steps = rotationOf(source, Date.now());
  return html`<${Panel} title="Secrets and their rotation"><div class="table-box"><table><caption class="for-readers">Secrets, the newest first</caption>
      <thead><tr><th scope="col">Secret</th><th scope="col">Verifies</th><th scope="col">Until</th></tr></thead>
      <tbody>${source.secrets.map(({ reference, until, ended }, at) => html`<tr key=${reference}><td><code>${reference}</code> <span class="quiet">${at === 0 ? "current" : "previous"}</span></td>
        <td>${ended ? "no longer" : "yes"}</td><td>${until ? html`<${Ago} at=${until} />` : "it is removed"}</td></tr>`)}</tbody></table></div>
    <${Steps} steps=${steps} /><//>`;
}

function Steps({ steps }) {
  return html`<ol class="steps">${steps.map(({ done, words, at }) => html`<li key=${words} data-done=${done}><${Icon} name=${done ? "check" : "dots"} ring /><span>${words}
    ${at && html` <span class="quiet">The old one last verified <${Ago} at=${at} />.</span>`}${done && html`<span class="for-readers"> (done)</span>`}</span></li>`)}</ol>`;
}

// Open until something was accepted.
function Setup({ source }) {
  const { behaviour, sender, lastAcceptedAt, lastRefused, secrets, types, usable } = source;
  // One that is written in hooks.toml, or can be anything, has no name of its own.
  const title = /^(sources\.|generic)/.test(sender) ? "the sender" : behaviour.title;
  const steps = [
    secrets.length > 0 && { done: usable, words: `Give this server the secret, as ${secrets[0].reference}, and ${title} the same one.` },
    { done: Boolean(lastAcceptedAt || lastRefused), words: `Enter the address above at ${title}, for the events ${types.join(", ") || "that you want"}.` },
    { done: Boolean(lastAcceptedAt), words: "Have it send one. It is accepted if both have the same secret; if it is refused, its page below says why." },
  ];
  return html`<details class="panel options" open=${!lastAcceptedAt}><summary>Set it up at ${title}</summary><${Steps} steps=${steps.filter(Boolean)} /></details>`;
}

const SOURCE_COLUMNS = [
  { head: "What came", className: "grows", cell: ({ eventType, reason }) => eventType || inWords(reason || "a delivery"), below: ({ detail }) => detail && html`<div class="below"><span class="why">${detail}</span></div>` },
  { head: "Outcome", cell: ({ outcome, count }) => html`<${OutcomeMark} outcome=${outcome} />${count > 1 && html` <span class="count">×${count}</span>`}` },
  { head: "When", className: "end", cell: ({ at }) => html`<${Ago} at=${at} />` },
];

function SourceDeliveries({ source }) {
  return html`<${Listing} caption="Deliveries to ${source}, the newest first" path="deliveries" query=${{ source, limit: 20 }} list=${(data) => data.deliveries} columns=${SOURCE_COLUMNS}
    id=${({ id }) => id} href=${({ id }) => address(`deliveries/${segment(id)}`)} empty=${() => html`<p class="quiet">None has come yet.</p>`} />`;
}
