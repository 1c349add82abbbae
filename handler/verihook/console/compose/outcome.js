// What became of a trial, against what was expected of it.
import { html, useEffect, useRef } from "../vendor/preact.js";
import { Text } from "../parts/content.js";
import { Id } from "../parts/copy.js";
import { Facts, Panel } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { OutcomeMark } from "../parts/status.js";
import { duration } from "../parts/time.js";
import { segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { address } from "../shell/router.js";

// `result`: of POST /v1/sources/S/test. It gets the focus, as it is what was waited for.
export function Outcome({ result }) {
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), [result]);
  const { asExpected, expected, got } = result;
  const tone = asExpected ? "good" : "bad";
  return html`<section class="outcome" aria-label="What became of it">
    <div class="verdict tone-${tone}"><${Icon} name=${asExpected ? "check" : "cross"} ring />
      <div><h2 tabindex="-1" ref=${heading}>${asExpected ? "As expected" : "Not as expected"}: ${WORDS[got.outcome] || got.outcome}</h2>
        ${got.reason && html`<p><code>${got.reason}</code> ${got.detail}</p>`}
        ${got.meaning && html`<p><strong>What to do:</strong> ${got.meaning}</p>`}
        <${Follow} got=${got} /></div></div>
    <${Panel} title="Expected and got">
      <div class="table-box"><table><caption class="for-readers">What was expected, and what became of it</caption>
        <thead><tr><td></td><th scope="col">Expected</th><th scope="col">Got</th></tr></thead>
        <tbody>
          <tr><th scope="row">Outcome</th><td><${OutcomeMark} outcome=${expected.outcome} /></td><td><${OutcomeMark} outcome=${got.outcome} /></td></tr>
          <tr><th scope="row">Reason</th><td>${reasonsOf(expected)}</td><td>${got.reason ? html`<code>${got.reason}</code>` : "none"}</td></tr>
        </tbody></table></div><//>
    <${Panel} title="What its sender would see">
      <${Facts} facts=${[["Status", got.status], ["Took", duration(got.ms)], ["Verified by", got.verifiedBy && `the ${got.verifiedBy} secret`],
        ["Event id", got.eventId && html`<${Id} value=${got.eventId} what="the event id" />`], ["Event type", got.eventType],
        ["Request", html`<${Id} value=${got.requestId} what="the request id" />`]]} />
      <${Text} text=${got.answer || "(no body)"} what="the answer" /><//>
  </section>`;
}

const WORDS = { accepted: "accepted", rejected: "refused", duplicate: "a duplicate", ignored: "genuine, and ignored", handshake: "a handshake", unavailable: "the server could not take it" };

function reasonsOf({ outcome, reasons }) {
  if (outcome !== "rejected") return "none";
  return reasons.length > 0 ? reasons.map((each, at) => html`${at > 0 && " or "}<code key=${each}>${each}</code>`) : "any";
}

function Follow({ got }) {
  const identity = useIdentity();
  return html`<p class="follow">
    ${identity.may("deliveries:read") && html`<a href=${address(`deliveries/${segment(got.deliveryId)}`)}>Open the delivery</a>`}
    ${got.instanceId && identity.may("instances:read") && html`<a href=${address(`instances/${segment(got.instanceId)}`)}>Follow its instance</a>`}
  </p>`;
}
