// The kinds of trials: what each sends, and why one cannot be had of a sender.
export const KINDS = [
  ["signed", "Signed", "as the sender signs; it starts a real instance"],
  ["tampered", "Tampered body", "another body than the one that was signed"],
  ["wrong-secret", "Wrong secret", "a well-formed signature of another secret"],
  ["stale", "Stale", "a genuine signature that is a week old"],
  ["unsigned", "Unsigned", "no signature at all"],
  ["duplicate", "Duplicate", "the same delivery twice; it starts one instance"],
  ["malformed", "Malformed", "something in the signature's place that is none"],
];

const WHY_NOT = {
  stale: "This sender signs no time, so nothing of it grows old.",
  malformed: "This sender has no header for its signature.",
};

// Why the source has no trial of this kind, in words; "" if it has.
export function whyNot(kind, source) {
  if (!source || source.kinds.includes(kind)) return "";
  return WHY_NOT[kind] || "The server has no secret of this source to sign with.";
}
