// Starts an instance: a form of the input's schema and the same value as JSON, with what else a start can say.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { draftOf, placed, valueOf } from "../form/drafts.js";
import { SchemaForm } from "../form/form.js";
import { NO_OPTIONS, Options, bodyOf, wordsOf } from "../start/options.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { CopyAs } from "../parts/copy.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { submitHurried } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { address, go, setQuery, usePlace } from "../shell/router.js";

export function Page({ id }) {
  const identity = useIdentity();
  const { query } = usePlace();
  const reads = identity.may("workflows:read");
  const workflow = useResource(reads ? api(`workflows/${segment(id)}`) : null);
  const earlier = useResource(query.from && identity.may("instances:read") ? api(`instances/${segment(query.from)}`) : null);
  const ready = (!reads || workflow.data || workflow.problem) && (!query.from || earlier.data || earlier.problem || !identity.may("instances:read"));
  return html`
    <${PageHead} title="Start ${id}" lead="What you fill in is checked against the workflow's schema, and starts one instance." />
    <${Lacking} of=${[["workflows:read", "A form of its input"], query.from && ["instances:read", "Filling in the input of an earlier instance"]]} />
    ${[workflow, earlier].map(({ problem, reload }, at) => problem && html`<${ProblemNote} key=${at} problem=${problem} retry=${reload} />`)}
    ${!ready && html`<${Awaited} />`}
    ${ready && !workflow.problem && html`<${StartForm} key=${query.from || ""} name=${id} workflow=${workflow.data} given=${earlier.data?.input} />`}
  `;
}

// The value is kept as a draft of the form or as text, whichever was edited last; the other is made of it.
function StartForm({ name, workflow, given }) {
  const { query } = usePlace();
  const schema = workflow?.inputSchema ?? null;
  const hasForm = schema !== null && typeof schema === "object";
  const asJson = !hasForm || query.as === "json";
  const [draft, setDraft] = useState(() => hasForm && draftOf(schema, schema, given));
  const [text, setText] = useState(() => JSON.stringify(given ?? (hasForm ? valueOf(draftOf(schema, schema)).value : {}), null, 2));
  const [options, setOptions] = useState(NO_OPTIONS);
  const [state, setState] = useState({ busy: false, problem: null, errors: [] });
  const box = useRef(null);
  const input = read(asJson, draft, text);
  const body = bodyOf(options, input.value);

  const turn = (json) => {
    if (json === asJson) return;
    if (!json && input.errors.length > 0) {
      setState({ ...state, errors: input.errors });
      return;
    }
    if (json) setText(JSON.stringify(input.value ?? null, null, 2));
    else setDraft(draftOf(schema, schema, input.value));
    setState({ busy: false, problem: null, errors: [] });
    setQuery({ as: json ? "json" : "" }, { replace: true });
  };
  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    if (input.errors.length > 0) {
      setState({ busy: false, problem: null, errors: input.errors });
      return;
    }
    setState({ busy: true, problem: null, errors: [] });
    try {
      const headers = options.wait ? { prefer: `wait=${options.wait}` } : {};
      const { data } = await call(api(`workflows/${segment(name)}/instances`), { method: "POST", body, headers });
      announce(`Started ${data.instanceId}.`);
      go(address(`instances/${segment(data.instanceId)}`));
    } catch (problem) {
      setState({ busy: false, problem, errors: problem.violations || [] });
    }
  };
  // The first field that is wrong gets the focus; if none is, the note that says what is.
  useEffect(() => {
    if (state.errors.length === 0 && !state.problem) return;
    const first = box.current.querySelector('[aria-invalid="true"]') || box.current.querySelector(".start-wrong");
    first?.focus();
  }, [state.errors, state.problem]);
  const located = !asJson && draft ? placed(state.errors, draft) : new Map();
  const wrong = asJson ? state.errors.map(({ pointer, message }) => `${pointer || "/"} ${message}`) : [];
  return html`<form class="start" ref=${box} onSubmit=${submit} onKeyDown=${submitHurried} noValidate>
    <section class="panel">
      <header><h2>Input</h2>${hasForm && html`<span class="segments" role="group" aria-label="Write it as">
        <button type="button" aria-pressed=${!asJson} onClick=${() => turn(false)}>Form</button>
        <button type="button" aria-pressed=${asJson} onClick=${() => turn(true)}>JSON</button></span>`}</header>
      <div>${asJson
        ? html`<label class="field"><span>${hasForm ? "The same value as JSON" : "Any JSON: this workflow has no schema"}</span>
            <textarea rows="14" spellcheck="false" value=${text} aria-invalid=${wrong.length > 0} aria-describedby="start-wrong" onInput=${(event) => setText(event.target.value)} /></label>
          <ul class="field-error" id="start-wrong">${wrong.map((each) => html`<li key=${each}>${each}</li>`)}</ul>`
        : html`<${SchemaForm} root=${schema} draft=${draft} change=${setDraft} errors=${located} />`}</div>
    </section>
    <${Options} options=${options} change=${setOptions} connections=${workflow?.connections || []} />
    ${state.problem && html`<div class="start-wrong" tabindex="-1"><${ProblemNote} problem=${asJson || !state.problem.violations?.length ? state.problem : brief(state.problem)} /></div>`}
    <footer><${CopyAs} ...${repeats(name, body, options)} />
      <button type="submit" class="primary" aria-disabled=${state.busy}>${state.busy ? "Starting…" : "Start"}</button></footer>
  </form>`;
}

// { value, errors } of what is written now.
function read(asJson, draft, text) {
  if (!asJson) return valueOf(draft);
  if (text.trim() === "") return { value: undefined, errors: [] };
  try {
    return { value: JSON.parse(text), errors: [] };
  } catch (error) {
    return { value: undefined, errors: [{ pointer: "", message: `is not JSON: ${error.message}` }] };
  }
}

// The violations stand at their fields; the note need not repeat them.
function brief(problem) {
  return { title: problem.title, message: problem.message, requestId: problem.requestId };
}

function repeats(name, body, options) {
  const headers = options.wait ? { Prefer: `wait=${options.wait}` } : {};
  const input = body.input === undefined ? "null" : JSON.stringify(body.input);
  const { words, keywords } = wordsOf(options);
  const loaded = input === "null" ? "None" : `json.loads(${pythonText(input)})`;
  return {
    label: "Copy as",
    curl: curlOf(api(`workflows/${segment(name)}/instances`), { method: "POST", body, headers }),
    cli: commandOf("workflows", "run", name, "--input", input, ...words),
    python: `import json\n${pythonOf(`started = verihook.start(${[pythonText(name), loaded, ...keywords].join(", ")})`, "print(started.id)")}`,
  };
}
