// How far a job is, in words and as a bar.
import { html } from "../vendor/preact.js";
import { Mark } from "../parts/status.js";

const JOB_STATUSES = new Map([
  ["running", ["Running", "play", "busy"]], ["stopping", ["Stopping", "pause", "warn"]],
  ["stopped", ["Stopped", "stop", "quiet"]], ["completed", ["Completed", "check", "good"]],
]);

export function JobMark({ status }) {
  return html`<${Mark} of=${JOB_STATUSES.get(status) || [String(status), "dots", "quiet"]} />`;
}

// "1,200", or "at least 10,000": the count stops there.
export const countWords = ({ matched, complete }) => `${complete ? "" : "at least "}${matched.toLocaleString()}`;

// The share of the counted instances that had their turn; 1 if there were none.
export function jobShare({ done, skipped, failed, count, status }) {
  if (status === "completed") return 1;
  return count.matched ? Math.min(1, (done + skipped + failed) / count.matched) : 0;
}

export function Progress({ job }) {
  const turn = (job.done + job.skipped + job.failed).toLocaleString();
  const words = `${turn} of ${countWords(job.count)}`;
  return html`<span class="progress"><progress max="1" value=${jobShare(job)} aria-label="Progress: ${words}" /><span>${words}</span></span>`;
}

const TIMES = ["since", "until"];
const FILTER_WORDS = [["workflow", ""], ["status", ""], ["source", "source "], ["tag", "tag "], ["since", "since "], ["until", "until "]];

// What a job is about, in words; without the times, if these stand elsewhere.
export function filterWords(filter, withTimes = true) {
  const some = FILTER_WORDS.filter(([name]) => filter[name] && (withTimes || !TIMES.includes(name))).map(([name, word]) => `${word}${filter[name]}`);
  return [...some, ...Object.entries(filter.metadata || {}).map(([key, value]) => `${key}=${value}`)].join(" · ");
}
