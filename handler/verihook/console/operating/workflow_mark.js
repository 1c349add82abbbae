// Whether a workflow can be started.
import { html } from "../vendor/preact.js";
import { Mark } from "../parts/status.js";

const WORKFLOW_STATUSES = new Map([
  ["active", ["Active", "check", "good"]], ["paused", ["Paused", "pause", "warn"]],
  ["draft", ["Draft", "dots", "quiet"]], ["archived", ["Archived", "minus", "quiet"]],
]);

export function WorkflowMark({ of: { status, refusal } }) {
  if (status === "active" && refusal) return html`<${Mark} of=${["Cannot run here", "cross", "bad"]} />`;
  return html`<${Mark} of=${WORKFLOW_STATUSES.get(status) || [String(status), "dots", "quiet"]} />`;
}
