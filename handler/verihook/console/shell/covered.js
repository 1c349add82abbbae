// Several requests for one thing: a key that is bound to workflows has to name one of them with each.
import { useEffect, useState } from "../vendor/preact.js";
import { api, call } from "./client.js";
import { useIdentity } from "./identity.js";
import { useResource } from "./resource.js";

// The workflows to ask for one by one: [undefined] if the key is not bound; null as long as it is not known.
export function useCovered() {
  const identity = useIdentity();
  const bound = identity.workflows?.length > 0;
  const reads = identity.may("workflows:read");
  const { data } = useResource(bound && reads ? api("workflows") : null);
  if (!bound) return [undefined];
  // Patterns cannot be asked for, names can.
  return reads ? data && data.workflows.map(({ name }) => name) : identity.workflows.filter((name) => !/[*?]/.test(name));
}

// What all these addresses answer (null: nothing is asked yet): { answers, problem, retry }, `answers` null until the
// last has come. `turn`: asks again when it changes.
export function useAll(urls, turn = 0) {
  const [state, setState] = useState({ answers: null, problem: null });
  const [again, setAgain] = useState(0);
  const key = urls ? urls.join(" ") : null;
  useEffect(() => {
    if (key === null) return undefined;
    const stop = new AbortController();
    Promise.all(urls.map((url) => call(url, { signal: stop.signal }))).then(
      (answers) => setState({ answers: answers.map(({ data }) => data), problem: null }),
      (problem) => stop.signal.aborted || setState((before) => ({ ...before, problem })),
    );
    return () => stop.abort();
  }, [key, turn, again]);
  return { ...state, retry: () => setAgain((before) => before + 1) };
}
