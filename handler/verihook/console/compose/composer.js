// Sends a webhook as a source's sender would, or a bad one on purpose. The server signs: no secret comes here.
import { html, useEffect, useState } from "../vendor/preact.js";
import { KINDS, whyNot } from "./kinds.js";
import { Outcome } from "./outcome.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { textOf } from "../parts/content.js";
import { CopyAs } from "../parts/copy.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, NothingYet, ProblemNote } from "../parts/problem.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { submitHurried } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { setQuery, usePlace } from "../shell/router.js";

export function Composer() {
  const identity = useIdentity();
  const { query } = usePlace();
  const kept = useKept(query.delivery);
  const sources = useResource(identity.may("sources:read") ? api("sources") : null);
  const names = (sources.data?.sources || []).map(({ name }) => name);
  const name = query.source || kept.source || names[0] || "";
  return html`
    <${PageHead} title="Composer" lead="Send a webhook as its sender would, good or bad on purpose, and see what becomes of it." />
    <${Lacking} of=${[["sources:read", "Choosing a source"], query.delivery && ["deliveries:read", "Taking the source of a delivery"], query.delivery && ["deliveries:body", "Taking the body of a delivery"]]} />
    ${sources.problem && html`<${ProblemNote} problem=${sources.problem} retry=${sources.reload} />`}
    ${kept.problem && html`<${ProblemNote} problem=${kept.problem} />`}
    ${sources.loading && !sources.data && html`<${Awaited} />`}
    ${sources.data && (name ? html`<${ComposerFor} name=${name} names=${names} kept=${kept} />` : html`<${NoSource} />`)}
  `;
}

function NoSource() {
  return html`<${NothingYet} title="No source is configured that this key covers"><p>A source is a table in <code>hooks.toml</code>.</p><//>`;
}

// The source and the body of the delivery that the address names: { source, body, problem }.
function useKept(id) {
  const identity = useIdentity();
  const [state, setState] = useState({});
  const found = useResource(id && identity.may("deliveries:read") ? api(`deliveries/${segment(id)}`) : null);
  useEffect(() => {
    if (!id || !identity.may("deliveries:body")) return;
    call(api(`deliveries/${segment(id)}/body`), { bytes: true }).then(
      ({ data }) => setState({ body: textOf(data) ?? "" }),
      (problem) => setState({ problem }),
    );
  }, [id]);
  return { source: found.data?.source, type: found.data?.eventType, ...state };
}

// State that belongs to one source; the field that chooses one stays, and the focus in it.
function useStateOf(name, initial) {
  const [state, setState] = useState({ name, value: initial });
  return [state.name === name ? state.value : initial, (value) => setState({ name, value })];
}

function ComposerFor({ name, names, kept }) {
  const { query } = usePlace();
  const url = api(`sources/${segment(name)}`);
  const { data, url: of, problem, reload } = useResource(url);
  const source = of === url ? data : null;
  const [draft, setDraft] = useStateOf(name, { body: null, type: null, confirm: "" });
  const [state, setState] = useStateOf(name, { busy: false, problem: null, result: null });
  const kind = KINDS.some(([each]) => each === query.kind) ? query.kind : "signed";
  const body = draft.body ?? kept.body ?? source?.example?.body ?? "";
  const type = draft.type ?? kept.type ?? source?.example?.type ?? "";
  const reason = whyNot(kind, source);
  // The server's own example has an id of its own each time; what is edited is sent as it stands.
  const own = draft.body === null && kept.body === undefined;
  const sent = { kind, ...(own ? {} : { body }), ...(type && (draft.type !== null || kept.type) ? { type } : {}), ...(draft.confirm ? { confirm: draft.confirm } : {}) };
  const submit = async (event) => {
    event.preventDefault();
    if (state.busy || reason) return;
    setState({ busy: true, problem: null, result: null });
    try {
      const { data } = await call(api(`sources/${segment(name)}/test`), { method: "POST", body: sent });
      setState({ busy: false, problem: null, result: data });
      announce(data.asExpected ? "As expected." : "Not as expected.");
    } catch (failure) {
      setState({ busy: false, problem: failure, result: null });
    }
  };
  return html`<div class="composer">
    <form class="panel" onSubmit=${submit} onKeyDown=${submitHurried}>
      <div class="composer-top">
        <label class="field"><span>Source</span><select value=${name} onChange=${(event) => setQuery({ source: event.target.value, delivery: "" })}>
          ${[...new Set([...names, name])].map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select></label>
        <label class="field"><span>Event type</span><input value=${type} autocomplete="off" spellcheck="false" maxlength="256" onInput=${(event) => setDraft({ ...draft, type: event.target.value })} /></label>
      </div>
      ${source && html`<p class="small quiet">${source.behaviour.title}: ${source.scheme}. Starts ${source.workflows.join(", ")}.</p>`}
      ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
      <${Kinds} kind=${kind} source=${source} />
      <label class="field"><span>Body${own ? " (an example; each gets an id of its own)" : draft.body === null && " (as it came)"}</span>
        <textarea rows="12" spellcheck="false" value=${body} onInput=${(event) => setDraft({ ...draft, body: event.target.value })} /></label>
      ${draft.body !== null && html`<p><button type="button" class="plain" onClick=${() => setDraft({ ...draft, body: null })}>Back to ${kept.body === undefined ? "the example" : "the delivery's body"}</button></p>`}
      ${source?.confirm && html`<label class="field"><span>This starts real instances. Write <code>${source.confirm}</code> to confirm.</span>
        <input value=${draft.confirm} autocomplete="off" spellcheck="false" onInput=${(event) => setDraft({ ...draft, confirm: event.target.value })} /></label>`}
      ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
      <footer><${CopyAs} ...${sentAs(name, sent)} />
        <button type="submit" class="primary" disabled=${Boolean(reason)} aria-disabled=${state.busy} title=${reason || null}>${state.busy ? "Sending…" : "Send"}</button></footer>
    </form>
    <div class="composer-result">${state.result ? html`<${Outcome} result=${state.result} />` : html`<${Sending} busy=${state.busy} />`}</div>
  </div>`;
}

function Kinds({ kind, source }) {
  return html`<fieldset class="kinds"><legend>What to send</legend>
    ${KINDS.map(([name, title, words]) => {
      const reason = whyNot(name, source);
      return html`<label key=${name} class="check"><input type="radio" name="kind" value=${name} checked=${name === kind} disabled=${Boolean(reason)}
        onChange=${() => setQuery({ kind: name === "signed" ? "" : name }, { replace: true })} />
        <span><strong>${title}</strong> <span class="quiet">${reason || words}</span></span></label>`;
    })}</fieldset>`;
}

function Sending({ busy }) {
  if (busy) return html`<${Awaited} lines=${4} />`;
  return html`<${NothingYet} title="What becomes of it is shown here">
    <p>The delivery goes the way of every other one, from the check of its signature on. Its record says that it was a test.</p><//>`;
}

function sentAs(name, sent) {
  const options = [["--kind", sent.kind], ["--type", sent.type], ["--confirm", sent.confirm], ["--body", sent.body === undefined ? "" : "body.json"]];
  const given = Object.entries({ type: sent.type, body: sent.body, confirm: sent.confirm }).filter(([, value]) => value);
  const words = given.map(([key, value]) => `, ${key === "type" ? "event_type" : key}=${pythonText(value)}`).join("");
  return {
    curl: curlOf(api(`sources/${segment(name)}/test`), { method: "POST", body: sent }),
    cli: commandOf("sources", "test", name, ...options.filter(([, value]) => value).flat()),
    python: pythonOf(`result = verihook.try_source(${pythonText(name)}, ${pythonText(sent.kind)}${words})`, "print(result.as_expected, result.outcome, result.reason)"),
  };
}
