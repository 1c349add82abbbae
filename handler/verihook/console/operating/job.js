// One job: how far it is, what failed, and a way to stop it.
import { html, useState } from "../vendor/preact.js";
import { CopyAs, Id } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Confirm } from "../parts/dialog.js";
import { Facts, Panel } from "../parts/facts.js";
import { JobMark, Progress, countWords, filterWords } from "./job_progress.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";

const FAILED_COLUMNS = [
  { head: "Instance", className: "grows", cell: ({ instanceId }) => html`<code>${instanceId}</code>` },
  { head: "Error", cell: ({ code }) => html`<code>${code}</code>` },
  { head: "Why", wide: true, cell: ({ detail }) => detail },
];

const jobEnded = ({ status }) => status === "completed" || status === "stopped";

export function Job({ id }) {
  const identity = useIdentity();
  const [asked, setAsked] = useState(false);
  const { data: job, problem, reload } = useResource(api(`jobs/${segment(id)}`), { poll: true, until: jobEnded });
  if (!job) return html`<${PageHead} title="Job" />${problem ? html`<${ProblemNote} problem=${problem} retry=${reload} />` : html`<${Awaited} />`}`;
  const stop = () => call(api(`jobs/${segment(id)}/stop`), { method: "POST" });
  const stopped = () => {
    announce("The job is asked to stop.");
    setAsked(false);
    reload();
  };
  return html`
    <${PageHead} title="${job.action}: ${filterWords(job.filter, false)}" tab="Job" aside=${html`<span role="status"><${JobMark} status=${job.status} /></span>`}>
      <${CopyAs} curl=${curlOf(api(`jobs/${segment(id)}`))} cli=${commandOf("jobs", "show", id)} python=${pythonOf(`print(verihook.job(${pythonText(id)}))`)} />
      ${!jobEnded(job) && identity.may("instances:manage") && html`<button type="button" class="danger" onClick=${() => setAsked(true)}>Stop…</button>`}
    <//>
    ${problem && html`<${ProblemNote} problem=${problem} />`}
    <${Lacking} of=${[!jobEnded(job) && ["instances:manage", "Stopping it"]]} />
    <section class="panel"><div><${Progress} job=${job} /></div><${Facts} facts=${[
      ["Counted before it began", countWords(job.count)],
      ["Done", job.done.toLocaleString()],
      ["Changed meanwhile", job.skipped.toLocaleString()],
      ["Failed", job.failed.toLocaleString()],
      ["A second, at most", job.rate],
      ["Those created since", job.filter.since && html`<${Ago} at=${job.filter.since} />`],
      ["Those created before", job.filter.until && html`<${Ago} at=${job.filter.until} />`],
      ["Began", html`<${Ago} at=${job.createdAt} />`],
      ["Ended", job.endedAt && html`<${Ago} at=${job.endedAt} />`],
      ["Job", html`<${Id} value=${job.id} what="the id of the job" />`],
    ]} /></section>
    ${job.failures.length > 0 && html`<${Panel} title=${job.failed > job.failures.length ? `The first ${job.failures.length} of ${job.failed.toLocaleString()} failures` : "Failures"}>
      <${Table} caption="Failures" columns=${FAILED_COLUMNS} rows=${job.failures} id=${({ instanceId }) => instanceId} href=${({ instanceId }) => address(`instances/${segment(instanceId)}`)} /><//>`}
    ${asked && html`<${Confirm} title="Stop this job?" verb="Stop it" danger act=${stop} done=${stopped} onClose=${() => setAsked(false)}
      words="It acts on nothing more within 5 seconds. What it has done stays done." />`}
  `;
}
