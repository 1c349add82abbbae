// What can be done with an instance, by its status: in which words, and what each will do.
import { api, call, segment } from "../shell/client.js";
import { hasEnded } from "../parts/status.js";

// { name, verb, words(instance), when(status), danger, reason, output }. `reason`: whether a person may say why; `output`: with what it ends.
export const ACTIONS = [
  {
    name: "redrive",
    verb: "Redrive",
    when: (status) => ["failed", "timed_out", "terminated"].includes(status),
    words: () => "It goes on at the step that failed, with what the steps before have done. If its engine cannot do this, a new attempt begins from the start.",
  },
  {
    name: "resume",
    verb: "Resume",
    when: (status) => status === "suspended",
    words: () => "It goes on where it was held.",
  },
  {
    name: "restart",
    verb: "Restart",
    when: () => true,
    words: ({ status }) => `A new attempt begins under the same id, with the same input.${hasEnded(status) ? "" : " The one that runs is stopped first."} Its steps are done again, also those that cost something.`,
  },
  {
    name: "suspend",
    verb: "Suspend",
    reason: true,
    when: (status) => ["queued", "running"].includes(status),
    words: () => "What runs now goes on to its end; no further step begins until it is resumed. Events that come are kept.",
  },
  {
    name: "terminate",
    verb: "Terminate",
    reason: true,
    output: true,
    danger: true,
    when: (status) => !hasEnded(status),
    words: () => "It is stopped at once and ends as terminated. What its steps have done stays done.",
  },
  {
    name: "delete",
    verb: "Delete",
    danger: true,
    when: hasEnded,
    words: () => "What is kept of it goes for good: input, output, steps, and the delivery that began it. Its id stays taken if a webhook began it.",
  },
];

// The actions that this status allows.
export function actionsFor(status) {
  return ACTIONS.filter((action) => action.when(status));
}

// Does it, and returns the answer. `body`: { reason, output }, what is given of them. Throws Problem.
export function act(name, id, body = {}) {
  const url = api(`instances/${segment(id)}`);
  if (name === "delete") return call(url, { method: "DELETE" });
  return call(`${url}/${name}`, { method: "POST", body: Object.keys(body).length > 0 ? body : undefined });
}
