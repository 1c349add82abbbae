// How an instance or a delivery stands: a word, a shape and a colour that say the same.
import { html } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const STATUSES = {
  queued: ["Queued", "dots", "quiet"],
  running: ["Running", "play", "busy"],
  suspended: ["Suspended", "pause", "warn"],
  completed: ["Completed", "check", "good"],
  failed: ["Failed", "cross", "bad"],
  timed_out: ["Timed out", "clock", "bad"],
  terminated: ["Terminated", "stop", "quiet"],
};

const OUTCOMES = {
  accepted: ["Accepted", "check", "good"],
  resumed: ["Resumed", "arrow", "good"],
  rejected: ["Refused", "cross", "bad"],
  captured: ["Refused, kept", "camera", "bad"],
  duplicate: ["Duplicate", "twin", "quiet"],
  changed: ["Changed", "differs", "warn"],
  ignored: ["Ignored", "minus", "quiet"],
  handshake: ["Handshake", "swap", "busy"],
  replayed: ["Replayed", "again", "warn"],
  "previous-secret": ["Old secret", "key", "warn"],
};

export const STATUS_CHOICES = Object.entries(STATUSES).map(([value, [word]]) => [value, word]);
export const OUTCOME_CHOICES = Object.entries(OUTCOMES).map(([value, [word]]) => [value, word]);

// Whether an instance of this status has ended.
export function hasEnded(status) {
  return ["completed", "failed", "timed_out", "terminated"].includes(status);
}

export function StatusMark({ status }) {
  return html`<${Mark} of=${STATUSES[status] || [String(status), "dots", "quiet"]} />`;
}

export function OutcomeMark({ outcome }) {
  return html`<${Mark} of=${OUTCOMES[outcome] || [String(outcome), "dots", "quiet"]} />`;
}

// A reason such as "signature-mismatch", in words.
export const inWords = (reason) => reason.replaceAll("-", " ");

// Any other: a word, the name of a shape, and one of good, bad, warn, busy and quiet.
export function Mark({ of: [word, shape, tone] }) {
  return html`<span class="mark tone-${tone}"><${Icon} name=${shape} ring />${word}</span>`;
}
