// How far the rotation of a source's secret is: [{done, words, at}], from the list of its secrets, the newest first.
const QUIET_MS = 86_400_000;

export function rotationOf({ secrets, usable, previousLastUsedAt }, now) {
  const older = secrets.slice(1).filter(({ ended }) => !ended);
  const quiet = !previousLastUsedAt || now - Date.parse(previousLastUsedAt) > QUIET_MS;
  const rotating = older.length > 0;
  return [
    { done: rotating, words: "Add the new secret before the present one in hooks.toml, and set its value. Both verify." },
    { done: rotating && usable, words: "Give the new secret to the sender." },
    { done: rotating && quiet, words: "Wait until the old one has verified nothing for a day.", at: previousLastUsedAt },
    { done: false, words: rotating && quiet ? "Remove the old one: it is safe now." : "Remove the old one." },
  ];
}
