// Jobs: one action on every instance that some filters match.
import { html } from "../vendor/preact.js";
import { commandOf, curlOf, pythonOf } from "../parts/commands.js";
import { CopyAs } from "../parts/copy.js";
import { Listing } from "../parts/listing.js";
import { JobMark, Progress, filterWords } from "./job_progress.js";
import { PageHead } from "../parts/page.js";
import { Lacking, NothingYet } from "../parts/problem.js";
import { Ago } from "../parts/time.js";
import { api } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { address } from "../shell/router.js";

const JOB_COLUMNS = [
  { head: "Job", className: "grows", cell: ({ action }) => action, below: ({ filter }) => html`<div class="below">${filterWords(filter, false)}</div>` },
  { head: "Status", cell: ({ status }) => html`<${JobMark} status=${status} />` },
  { head: "Progress", cell: (job) => html`<${Progress} job=${job} />` },
  { head: "Failed", wide: true, className: "end", cell: ({ failed }) => failed.toLocaleString() },
  { head: "Began", className: "end", cell: ({ createdAt }) => html`<${Ago} at=${createdAt} />` },
];

export function Jobs() {
  const identity = useIdentity();
  return html`
    <${PageHead} title="Bulk jobs" lead="One action on every instance that some filters match. A job counts them first, acts at a rate, goes on when nobody looks, and can be stopped.">
      ${identity.may("instances:manage") && html`<a class="button primary" href=${address("jobs/new")}>New job…</a>`}
      <${CopyAs} curl=${curlOf(api("jobs"))} cli=${commandOf("jobs", "list")} python=${pythonOf("for job in verihook.jobs().jobs:", "    print(job)")} />
    <//>
    <${Lacking} of=${[["instances:manage", "Starting one"]]} />
    <${Listing} caption="Jobs, the newest first" path="jobs" query=${{}} list=${(data) => data.jobs} columns=${JOB_COLUMNS} id=${({ id }) => id}
      href=${({ id }) => address(`jobs/${id}`)} empty=${() => html`<${NoJob} />`} />`;
}

function NoJob() {
  return html`<${NothingYet} title="No job has been started in the last two weeks"><p>To redrive, restart, suspend or delete many instances at once, start one. It counts them before it does anything.</p><//>`;
}
