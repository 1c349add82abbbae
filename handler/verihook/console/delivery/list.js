// All that came: accepted, refused, duplicate, ignored, in one list.
import { html } from "../vendor/preact.js";
import { CopyAs, Id } from "../parts/copy.js";
import { commandOf, curlOf, flagsOf, keywordsOf, pythonOf } from "../parts/commands.js";
import { Filters, clearFilters } from "../parts/filters.js";
import { Listing } from "../parts/listing.js";
import { NoMatch, NothingYet } from "../parts/problem.js";
import { PageHead } from "../parts/page.js";
import { OUTCOME_CHOICES, OutcomeMark, StatusMark, inWords } from "../parts/status.js";
import { Ago } from "../parts/time.js";
import { api } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address, usePlace } from "../shell/router.js";

const FILTER_NAMES = ["source", "outcome", "reason", "type", "from", "to"];

const VIEWS = [
  ["All", {}],
  ["Refused", { outcome: "rejected" }],
  ["Accepted", { outcome: "accepted" }],
  ["Duplicates", { outcome: "duplicate" }],
  ["Kept whole", { outcome: "captured" }],
];

const COLUMNS = [
  { head: "What came", cell: whatCame, below: whyAndWhere, className: "grows" },
  { head: "Outcome", cell: ({ outcome, count }) => html`<${OutcomeMark} outcome=${outcome} />${count > 1 && html` <span class="count" title="this many in the hour">×${count}</span>`}` },
  { head: "Source", wide: true, cell: ({ source }) => source || html`<span class="quiet">unknown</span>` },
  { head: "Event id", wide: true, cell: ({ eventId }) => eventId && html`<${Id} value=${eventId} what="the event id" most=${20} />` },
  { head: "Instance", wide: true, cell: instanceOf },
  { head: "When", className: "end", cell: ({ at }) => html`<${Ago} at=${at} />` },
];

export function Deliveries() {
  const { query } = usePlace();
  const wanted = Object.fromEntries(FILTER_NAMES.map((name) => [name, query[name]]));
  const fields = useFields();
  return html`
    <${PageHead} title="Deliveries" lead="Every request that a sender made: what was accepted, what was refused, and why.">
      <${CopyAs} ...${listedAs(wanted)} />
    <//>
    <${Filters} fields=${fields} views=${VIEWS} />
    <${Listing} caption="Deliveries, the newest first" path="deliveries" query=${wanted} list=${(data) => data.deliveries}
      columns=${COLUMNS} id=${({ id }) => id} href=${({ id }) => address(`deliveries/${id}`)}
      empty=${() => (FILTER_NAMES.some((name) => query[name]) ? html`<${NoMatch} what="delivery" clear=${() => clearFilters(fields)} />` : html`<${FirstSteps} />`)} />
  `;
}

function useFields() {
  const identity = useIdentity();
  const sources = useResource(identity.may("sources:read") ? api("sources") : null);
  const names = (sources.data?.sources || []).map(({ name }) => [name, name]);
  return [
    identity.may("sources:read")
      ? { name: "source", label: "Source", kind: "choice", choices: names }
      : { name: "source", label: "Source", kind: "text" },
    { name: "outcome", label: "Outcome", kind: "choice", choices: OUTCOME_CHOICES },
    { name: "reason", label: "Reason", kind: "text", hint: "signature-mismatch" },
    { name: "type", label: "Event type", kind: "text", hint: "order.*" },
    { name: "from", label: "From", kind: "time" },
    { name: "to", label: "To", kind: "time" },
  ];
}

function whatCame({ eventType, outcome, reason }) {
  if (eventType) return eventType;
  return outcome === "rejected" || outcome === "captured" ? inWords(reason || "a request") : "a delivery";
}

function whyAndWhere({ detail, eventType, reason, source }) {
  const why = detail || (eventType && reason ? inWords(reason) : "");
  return html`<div class="below">${why && html`<span class="why">${why}</span>`}<span class="narrow">${source}</span></div>`;
}

function instanceOf({ instanceId, status }) {
  if (!instanceId) return null;
  return html`<a href=${address(`instances/${instanceId}`)}>${status ? html`<${StatusMark} status=${status} />` : "open"}</a>`;
}

function listedAs(wanted) {
  const { from: since, to: until, ...rest } = wanted;
  const filters = { ...rest, since, until };
  return {
    curl: curlOf(api("deliveries", wanted)),
    cli: commandOf("deliveries", "list", ...flagsOf(filters)),
    python: pythonOf(`for delivery in verihook.deliveries(${keywordsOf(filters)}).deliveries:`, "    print(delivery)"),
  };
}

function FirstSteps() {
  return html`<${NothingYet} title="No delivery has come yet">
    <p>Send one, signed as its sender would sign it:</p>
    <pre>verihook send orders examples/order.json --wait</pre>
    <p>or give a sender the address of a source: <code>…/hooks/NAME</code>. This page shows it as soon as it has come.</p>
  <//>`;
}
