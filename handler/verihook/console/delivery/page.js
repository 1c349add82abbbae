// One delivery: what became of it and why, what to do about it, and all that is kept of it.
import { html, useState } from "../vendor/preact.js";
import { BodyView } from "./body_view.js";
import { CaptureDialog } from "./capture.js";
import { CopyAs, Id } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Facts, Panel } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { ReplayDialog } from "./replay.js";
import { OutcomeMark, StatusMark } from "../parts/status.js";
import { Ago, wholeTime } from "../parts/time.js";
import { verdictOf } from "./verdict.js";
import { announce } from "../shell/announce.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useShortcut } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";
import { PAGES } from "../pages.js";

export function Delivery({ id }) {
  const identity = useIdentity();
  const found = useResource(api(`deliveries/${segment(id)}`));
  const [asked, setAsked] = useState("");
  const delivery = found.data;
  const replayable = Boolean(delivery?.instanceId && ["accepted", "resumed"].includes(delivery.outcome));
  const mayReplay = identity.may("deliveries:replay");
  useShortcut("r", "replay the delivery", () => setAsked("replay"), replayable && mayReplay);
  if (!delivery) {
    return html`<${PageHead} title="Delivery" />${found.problem ? html`<${ProblemNote} problem=${found.problem} retry=${found.reload} />` : html`<${Awaited} />`}`;
  }
  const replayed = ({ data }) => {
    setAsked("");
    announce(`Replayed as ${data.instanceId}.`, { href: address(`instances/${data.instanceId}`), linked: "Open it" });
    found.reload();
  };
  const kept = ({ data }) => {
    setAsked("");
    announce(`Refused requests of ${data.source} are kept.`, { href: address("deliveries", { source: data.source, outcome: "captured" }), linked: "Show them" });
  };
  const refused = delivery.source && ["rejected", "captured"].includes(delivery.outcome);
  return html`
    <${PageHead} title=${delivery.eventType || "Delivery"} tab=${`Delivery ${delivery.eventType || delivery.reason || ""}`}
      aside=${html`<${OutcomeMark} outcome=${delivery.outcome} />`}>
      ${replayable && mayReplay && html`<button type="button" class="primary" onClick=${() => setAsked("replay")}>Replay…</button>`}
      ${refused && identity.may("deliveries:body") && html`<button type="button" onClick=${() => setAsked("capture")}>Keep the next ones whole…</button>`}
      <${CopyAs} ...${repeats(delivery)} />
      ${composes(delivery, identity) && html`<a class="button" href=${address("composer", delivery.body?.kept ? { delivery: id } : { source: delivery.source })}>Open in composer</a>`}
    <//>
    <${Verdict} delivery=${delivery} />
    <${Lacking} of=${[replayable && ["deliveries:replay", "Replaying it"], refused && ["deliveries:body", "Keeping the next ones whole"],
      delivery.source && ["sources:test", "Sending it from the composer"]]} />
    <${Panel} title="What came"><${Facts} facts=${factsOf(delivery)} /><//>
    ${delivery.signed && html`<${Signed} signed=${delivery.signed} />`}
    ${delivery.events && html`<${Events} events=${delivery.events} />`}
    <div class="halves">
      <${Panel} title="Headers"><${Headers} delivery=${delivery} /><//>
      <${Panel} title="Body"><${BodyView} id=${id} body=${delivery.body} contentType=${delivery.contentType} /><//>
    </div>
    ${asked === "replay" && html`<${ReplayDialog} delivery=${delivery} onClose=${() => setAsked("")} done=${replayed} />`}
    ${asked === "capture" && html`<${CaptureDialog} delivery=${delivery} onClose=${() => setAsked("")} done=${kept} />`}
  `;
}

function Verdict({ delivery }) {
  const { tone, icon, title, words, mend } = verdictOf(delivery);
  return html`<section class="verdict tone-${tone}" aria-label="Verdict"><${Icon} name=${icon} ring />
    <div><h2>${title}</h2>${words.filter(Boolean).map((line) => html`<p key=${line}>${line}</p>`)}
      ${mend && html`<p><strong>What to do:</strong> ${mend}</p>`}
      ${delivery.instanceId && html`<p><a href=${address(`instances/${delivery.instanceId}`)}>Instance of ${delivery.workflow || "a workflow"}</a>
        ${delivery.status && html` <${StatusMark} status=${delivery.status} />`}</p>`}
      ${(delivery.resumed || []).map((each) => html`<p key=${each}><a href=${address(`instances/${each}`)}>Instance <code>${each}</code> got its event</a></p>`)}
    </div></section>`;
}

function factsOf(delivery) {
  return [
    ["Came", html`<${Ago} at=${delivery.at} /> <span class="small quiet">${wholeTime(delivery.at)}</span>`],
    delivery.count > 1 && ["How many", html`${delivery.count} alike in this hour, the first <${Ago} at=${delivery.firstAt} />`],
    ["Source", delivery.source || "none: the path names no source"],
    ["Path", delivery.path && html`<code>${delivery.path}</code>`],
    ["Event id", delivery.eventId && html`<${Id} value=${delivery.eventId} what="the event id" />`],
    ["Event type", delivery.eventType],
    ["Reason", delivery.reason && html`<code>${delivery.reason}</code>`],
    ["Verified by", verifiedBy(delivery.verifiedBy)],
    ["Sent by", delivery.agent],
    ["Request id", delivery.requestId && html`<${Id} value=${delivery.requestId} what="the request id" />`],
    ["Trace", delivery.traceId && html`<${Id} value=${delivery.traceId} what="the trace id" />`],
    ["Carried by", delivery.carrier && html`<a href=${address(`deliveries/${delivery.carrier}`)}>another delivery</a>`],
    ["Replay of", delivery.replayOf && html`<a href=${address(`deliveries/${delivery.replayOf}`)}>an earlier delivery</a>`],
    ["Duplicates", delivery.source && delivery.eventId && html`<a href=${address("deliveries", { source: delivery.source, outcome: "duplicate" })}>those of ${delivery.source}</a>`],
    ["Kept until", delivery.keptUntil && html`<${Ago} at=${delivery.keptUntil} />`],
  ];
}

// As the scheme builds it: each part with its length, never the signature or the secret.
function Signed({ signed: { how, parts } }) {
  return html`<${Panel} title="What is signed"><p>${how}</p>
    ${parts.length > 0 && html`<ol class="signed">${parts.map(({ part, bytes }, at) => html`<li key=${at} data-field=${part.startsWith("{")}><code>${part}</code>
      <span class="small quiet">${bytes === null ? "its own length" : bytes === 1 ? "1 byte" : `${bytes.toLocaleString()} bytes`}</span></li>`)}</ol>`}<//>`;
}

function verifiedBy(by) {
  return { current: "the current secret", previous: "the previous secret", feed: "a feed, which brings what is trusted" }[by] || by;
}

function Headers({ delivery: { headers, headerNames } }) {
  if (headers.length > 0) {
    return html`<p class="small quiet">Those that are kept, and of a signature the beginning of its SHA-256.</p>
      <dl class="headers">${headers.map(({ name, value }, at) => html`<div key=${at}><dt>${name}</dt><dd><code>${value}</code></dd></div>`)}</dl>`;
  }
  if (headerNames.length === 0) return html`<p class="quiet">No headers are kept.</p>`;
  return html`<p class="small quiet">Of a refused request the names alone are kept.</p>
    <ul class="names">${headerNames.map((name) => html`<li key=${name}><code>${name}</code></li>`)}</ul>`;
}

function Events({ events: { count, started, duplicate, ignored, failed, results } }) {
  const lead = `${count} events: ${started} started, ${duplicate} duplicate, ${ignored} ignored, ${failed} failed`;
  return html`<${Panel} title="Events in it" aside=${html`<span class="quiet">${lead}</span>`}>
    <div class="table-box"><table><caption class="for-readers">${lead}</caption>
      <thead><tr><th scope="col">Number</th><th scope="col">Event</th><th scope="col">Became</th></tr></thead>
      <tbody>${results.map((each) => html`<tr key=${each.number}><td>${each.number + 1}</td>
        <td>${each.eventType} <span class="quiet">${each.eventId}</span></td>
        <td>${each.instanceId ? html`<a href=${address(`instances/${each.instanceId}`)}>${each.status}</a>` : each.status} ${each.detail || each.reason || ""}</td></tr>`)}</tbody>
    </table></div><//>`;
}

function composes(delivery, identity) {
  const composer = PAGES.find(({ path }) => path === "composer");
  return Boolean(composer && delivery.source && identity.may(composer.scope));
}

function repeats({ id, instanceId }) {
  if (!instanceId) {
    return { curl: curlOf(api(`deliveries/${segment(id)}`)), cli: commandOf("deliveries", "show", id), python: pythonOf(`print(verihook.delivery(${pythonText(id)}))`) };
  }
  return {
    label: "Replay as",
    curl: curlOf(api(`deliveries/${segment(id)}/replay`), { method: "POST", body: { asNew: true } }),
    cli: commandOf("deliveries", "replay", id, "--as-new"),
    python: pythonOf(`print(verihook.replay_delivery(${pythonText(id)}, as_new=True))`),
  };
}
