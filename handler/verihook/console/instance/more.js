// The events, the attempts and the delivery of an instance.
import { html, useState } from "../vendor/preact.js";
import { CopyAs } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Panel } from "../parts/facts.js";
import { Awaited } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { Mark, OutcomeMark, StatusMark, hasEnded } from "../parts/status.js";
import { Ago, duration } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { WAYS_IN, useIdentity } from "../shell/identity.js";
import { submitHurried } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";

export function EventsOf({ instance, reload }) {
  const identity = useIdentity();
  const url = api(`instances/${segment(instance.instanceId)}/events`);
  const found = useResource(url, { poll: !hasEnded(instance.status) });
  if (!found.data) return found.problem ? html`<${ProblemNote} problem=${found.problem} />` : html`<${Awaited} lines=${3} />`;
  const { events, sent: answers } = found.data;
  const sent = () => {
    found.reload();
    reload();
  };
  return html`<div class="halves">
    <${Panel} title="Waits and events">
      ${events.length === 0 ? html`<p class="quiet">It waits for no event, and none is kept for it.</p>`
        : html`<ul class="events">${events.map((each, at) => html`<li key=${at}>
          <${Mark} of=${each.state === "waiting" ? ["Waits for", "clock", "warn"] : ["Kept", "check", "quiet"]} /> <strong>${each.name}</strong>
          <span class="quiet">${each.id} <${Ago} at=${each.at} /></span></li>`)}</ul>`}
      ${answers.length > 0 && html`<div><h3>Sent through the API</h3><ul class="events">${answers.map((each, at) => html`<li key=${at}><strong>${each.name}</strong>
        by ${whoIs(each.by)} <span class="quiet"><${Ago} at=${each.at} /></span></li>`)}</ul></div>`}
    <//>
    <${Panel} title="Send an event">
      ${!identity.may("events:send") ? html`<${Lacking} of=${[["events:send", "Sending one"]]} />`
        : hasEnded(instance.status) ? html`<p class="quiet">It has ended, so it takes no more events.</p>`
        : html`<${SendForm} url=${url} id=${instance.instanceId} events=${events} sent=${sent} />`}
    <//>
  </div>`;
}

function whoIs({ entry, keyId, name }) {
  return keyId ? html`<strong>${name}</strong> <code title="the id of the key">${keyId}</code>` : WAYS_IN[entry] || entry;
}

function SendForm({ url, id, events, sent }) {
  const waits = [...new Set(events.filter(({ state }) => state === "waiting").map(({ name }) => name))];
  const [name, setName] = useState(waits[0] || "");
  const [text, setText] = useState("{}");
  const [state, setState] = useState({ busy: false, problem: null });
  const payload = parsed(text);
  const target = `${url}/${segment(name || "NAME")}`;
  const submit = async (event) => {
    event.preventDefault();
    if (!name || payload.wrong || state.busy) return;
    setState({ busy: true, problem: null });
    try {
      await call(target, { method: "POST", body: payload.value });
      setState({ busy: false, problem: null });
      announce(`Sent the event ${name}.`);
      sent();
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<form class="stack" onSubmit=${submit} onKeyDown=${submitHurried}>
    <label class="field"><span>Name${waits.length > 0 && ` (it waits for ${waits.join(", ")})`}</span>
      <input type="text" required value=${name} list="awaited-names" autocomplete="off" onInput=${(event) => setName(event.target.value)} /></label>
    <datalist id="awaited-names">${waits.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
    <label class="field"><span>Payload (JSON)</span>
      <textarea spellcheck="false" aria-invalid=${Boolean(payload.wrong)} aria-describedby="payload-wrong" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
    <p class="field-error" id="payload-wrong" role="alert">${payload.wrong}</p>
    ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
    <div class="row"><button type="submit" class="primary" aria-disabled=${state.busy}>Send</button>
      <${CopyAs} label="Send as" curl=${curlOf(target, { method: "POST", body: payload.value ?? {} })}
        cli=${commandOf("events", "raise", id, name || "NAME", "--payload", text)}
        python=${pythonOf("import json", `verihook.raise_event(${pythonText(id)}, ${pythonText(name || "NAME")}, json.loads(${pythonText(text)}))`)} /></div>
  </form>`;
}

function parsed(text) {
  try {
    return { value: JSON.parse(text), wrong: "" };
  } catch (error) {
    return { value: undefined, wrong: `This is not JSON: ${error.message}` };
  }
}

export function AttemptsOf({ instance }) {
  const found = useResource(api(`instances/${segment(instance.instanceId)}/attempts`), { poll: !hasEnded(instance.status) });
  if (!found.data) return found.problem ? html`<${ProblemNote} problem=${found.problem} />` : html`<${Awaited} lines=${3} />`;
  return html`<div class="table-box"><table><caption class="for-readers">Attempts, the first ones first</caption>
    <thead><tr><th scope="col">Number</th><th scope="col">Status</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col" class="wide">Error</th></tr></thead>
    <tbody>${found.data.attempts.map((each) => html`<tr key=${each.number}><td>${each.number}</td><td><${StatusMark} status=${each.status} /></td>
      <td><${Ago} at=${each.startedAt} /></td><td>${each.endedAt ? duration(Date.parse(each.endedAt) - Date.parse(each.startedAt)) : ""}</td>
      <td class="wide">${each.error && html`<code>${each.error.code}</code> ${each.error.message}`}</td></tr>`)}</tbody></table></div>`;
}

// The delivery that began it is found by the instance's id.
export function DeliveryOf({ instance }) {
  const identity = useIdentity();
  const found = useResource(identity.may("deliveries:read") ? api("lookup", { q: instance.instanceId }) : null);
  if (!identity.may("deliveries:read")) return html`<${Lacking} of=${[["deliveries:read", "Looking at its delivery"]]} />`;
  if (!found.data) return found.problem ? html`<${ProblemNote} problem=${found.problem} />` : html`<${Awaited} lines=${2} />`;
  const delivery = found.data.found.map((hit) => hit.delivery).find(Boolean);
  if (!delivery) return html`<p class="quiet">Nothing is kept of the delivery that began it.</p>`;
  return html`<${Panel} title="The delivery that began it">
    <div class="stack"><p><${OutcomeMark} outcome=${delivery.outcome} /> <${Ago} at=${delivery.at} /> at the source ${delivery.source}</p>
    <p><a href=${address(`deliveries/${delivery.id}`)}>Open the delivery ${delivery.eventType || delivery.eventId || ""}</a></p></div><//>`;
}
