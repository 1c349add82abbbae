// A job before it begins: an action, filters, and how many instances that is.
import { html, useEffect, useState } from "../vendor/preact.js";
import { CopyAs } from "../parts/copy.js";
import { commandOf, curlOf, flagsOf, keywordsOf, pythonOf, pythonText } from "../parts/commands.js";
import { Confirm } from "../parts/dialog.js";
import { Filters } from "../parts/filters.js";
import { countWords, filterWords } from "./job_progress.js";
import { PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { STATUS_CHOICES } from "../parts/status.js";
import { Ago } from "../parts/time.js";
import { api, call, segment } from "../shell/client.js";
import { useCovered } from "../shell/covered.js";
import { useIdentity } from "../shell/identity.js";
import { address, go, setQuery, usePlace } from "../shell/router.js";

const JOB_ACTIONS = [
  ["redrive", "Redrive", "go on in the step that failed"],
  ["restart", "Restart", "run again from the beginning, as the next attempt"],
  ["replay", "Replay", "start again from the deliveries that began them"],
  ["suspend", "Suspend", "hold"],
  ["resume", "Resume", "let go on"],
  ["terminate", "Terminate", "end, for good"],
  ["delete", "Delete", "forget what is kept, for good"],
];
const HARMFUL = ["terminate", "delete"];
const FILTER_NAMES = ["workflow", "status", "source", "tag", "since", "until"];
const JOB_FIELDS = [
  { name: "status", label: "Status", kind: "choice", choices: STATUS_CHOICES },
  { name: "source", label: "Source", kind: "text", hint: "orders" },
  { name: "tag", label: "Tag", kind: "text", hint: "vip" },
  { name: "since", label: "Created since", kind: "time" },
  { name: "until", label: "Created before", kind: "time" },
];

export function NewJob() {
  const identity = useIdentity();
  const { query } = usePlace();
  const [asked, setAsked] = useState(false);
  const action = JOB_ACTIONS.find(([name]) => name === query.action);
  const filter = Object.fromEntries(FILTER_NAMES.filter((name) => query[name]).map((name) => [name, query[name]]));
  const body = { action: query.action, filter };
  const covered = useCovered();
  // A key that is bound to workflows names one of them.
  const bound = identity.workflows.length > 0;
  const workflow = bound && covered ? { kind: "choice", choices: covered.map((name) => [name, name]) } : { kind: "text", hint: "order-created" };
  const ready = action && (bound ? filter.workflow : Object.keys(filter).length > 0);
  const lacking = query.action === "replay" && !identity.may("deliveries:replay");
  const { count, problem } = useCount(ready && !lacking ? body : null);
  const begin = () => call(api("jobs"), { method: "POST", body });
  return html`
    <${PageHead} title="New job" lead="Choose what to do and to which instances. They are counted; nothing is done before you say so.">
      ${ready && html`<${CopyAs} curl=${curlOf(api("jobs"), { method: "POST", body: { ...body, dryRun: true } })}
        cli=${commandOf("jobs", "start", query.action, ...flagsOf(filter), "--dry-run")}
        python=${pythonOf(`print(verihook.start_job(${pythonText(query.action)}, dry_run=True, ${keywordsOf(filter)}).count)`)} />`}
    <//>
    <label class="field job-action"><span>Action</span><select value=${query.action || ""} onChange=${(event) => setQuery({ action: event.target.value })}>
      ${!action && html`<option value="">Choose one</option>`}
      ${JOB_ACTIONS.map(([value, word, words]) => html`<option key=${value} value=${value}>${word}: ${words}</option>`)}</select></label>
    <${Filters} fields=${[{ name: "workflow", label: "Workflow", ...workflow }, ...JOB_FIELDS]} />
    <${Lacking} of=${[query.action === "replay" && ["deliveries:replay", "Replaying"]]} />
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    <div class="note job-count" role="status">${ready ? html`<div><p>${count
      ? html`<strong class="big">${countWords(count)}</strong> ${count.matched === 1 ? "instance matches" : "instances match"}.`
      : problem || lacking ? "Not counted." : "Counting…"}</p>
      ${count?.examples.length > 0 && html`<p class="small">Such as ${count.examples.slice(0, 3).map((id, at) => html`${at > 0 && ", "}<a href=${address(`instances/${segment(id)}`)}><code>${id}</code></a>`)}</p>`}
      ${count && !count.complete && html`<p class="small">The count stopped at those created <${Ago} at=${count.lookedTo} />; the job goes on beyond them.</p>`}
      <button type="button" class=${HARMFUL.includes(query.action) ? "danger" : "primary"} disabled=${!count?.matched || lacking} onClick=${() => setAsked(true)}>${action[1]}…</button></div>`
      : `Choose an action and ${bound ? "a workflow" : "at least one filter"}.`}</div>
    ${asked && count && html`<${Confirm} title="${action[1]} ${countWords(count)} ${count.matched === 1 ? "instance" : "instances"}?" verb=${action[1]} danger=${HARMFUL.includes(query.action)}
      words="Each that matches (${filterWords({ metadata: {}, ...filter })}) will ${action[2]}. It begins at once, 20 a second at most, and you can stop it." act=${begin}
      done=${({ data }) => go(address(`jobs/${data.job.id}`))} onClose=${() => setAsked(false)} />`}
  `;
}

// How many instances a job would act on; asked again whenever the job would be another one.
function useCount(body) {
  const [state, setState] = useState({ count: null, problem: null });
  const wanted = body && JSON.stringify({ ...body, dryRun: true });
  useEffect(() => {
    setState({ count: null, problem: null });
    if (!wanted) return undefined;
    const stop = new AbortController();
    call(api("jobs"), { method: "POST", body: JSON.parse(wanted), signal: stop.signal }).then(
      ({ data }) => setState({ count: data.count, problem: null }),
      (problem) => stop.signal.aborted || setState({ count: null, problem }),
    );
    return () => stop.abort();
  }, [wanted]);
  return state;
}
