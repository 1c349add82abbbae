// What became of a delivery, in a sentence, and what to do about it.
import { inWords } from "../parts/status.js";

// { tone, icon, title, words, mend } of a delivery as /v1/deliveries/ID has it.
export function verdictOf(delivery) {
  const verdict = VERDICTS[delivery.outcome] || unknown;
  return { words: [], mend: "", ...verdict(delivery) };
}

const source = (delivery) => delivery.source || "no source";
const unknown = ({ outcome }) => ({ tone: "quiet", icon: "dots", title: String(outcome) });

const VERDICTS = {
  accepted: (delivery) => ({
    tone: "good",
    icon: "check",
    title: delivery.verifiedBy === "feed" ? "Accepted from a feed" : "Accepted: its signature is right",
    words: [`It started an instance of ${delivery.workflow}. If it comes again, the same instance is named and nothing starts.`],
    mend: delivery.verifiedBy === "previous" ? "It was signed with the previous secret: give the sender the current one before the previous ends." : "",
  }),
  resumed: (delivery) => ({
    tone: "good",
    icon: "arrow",
    title: delivery.resumed?.length ? "Accepted: its event went to an instance that waits" : "Accepted: its event waits for an instance",
  }),
  rejected: (delivery) => refused(delivery, delivery.count > 1 ? `Refused ${delivery.count} times in this hour` : "Refused"),
  captured: (delivery) => refused(delivery, "Refused, and kept whole to be looked at"),
  duplicate: (delivery) => ({
    tone: "quiet",
    icon: "twin",
    title: "A duplicate: this event had come before",
    words: ["Senders repeat what they get no answer for in time. Nothing was started a second time.", delivery.detail],
  }),
  changed: (delivery) => ({
    tone: "warn",
    icon: "differs",
    title: "The same event again, with another body",
    words: ["Its instance keeps the first body.", delivery.detail],
    mend: "Look whether the sender reuses ids. If it corrects events this way, take a version into the id of the event (hooks.toml: event.id).",
  }),
  ignored: (delivery) => ({
    tone: "quiet",
    icon: "minus",
    title: "Genuine, and ignored as the source says",
    words: [delivery.detail, "The sender was answered 200, so it does not send it again."],
    mend: `If you want these, change types or when of the source ${source(delivery)} in hooks.toml.`,
  }),
  handshake: (delivery) => ({
    tone: "busy",
    icon: "swap",
    title: "A handshake: the sender has asked whether this address is ours",
    words: [delivery.detail],
  }),
  replayed: (delivery) => ({
    tone: "warn",
    icon: "again",
    title: "The same signed bytes under another event id",
    words: ["This sender signs neither the id nor a time, so a copy of a delivery looks genuine.", delivery.detail],
    mend: "If the sender did not send it twice, somebody has a copy of a delivery: rotate the secret, and set replays = \"refuse\".",
  }),
  "previous-secret": (delivery) => ({
    tone: "warn",
    icon: "key",
    title: "Verified by a secret that is not the newest",
    words: [delivery.detail],
    mend: "Give the sender the current secret. When this stops, the previous one can be removed.",
  }),
};

// The words of a reason are the API's: it knows all reasons.
function refused(delivery, title) {
  const { reason, detail, meaning } = delivery;
  return {
    tone: "bad",
    icon: "cross",
    title: `${title}: ${inWords(reason || "it was not understood")}`,
    words: [detail],
    mend: meaning || "",
  };
}
