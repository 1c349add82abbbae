// Who looks: what the key may do, as /v1/keys/self tells it. What it may not is not offered.
import { createContext, useContext, useEffect, useState } from "../vendor/preact.js";
import { api, call } from "./client.js";
import { currentKey, watchKey } from "./key.js";

// The ways in without a key of one's own, in words.
export const WAYS_IN = { run: "the key of the run", open: "no key (open API)", iam: "AWS credentials" };

const WhoLooks = createContext(null);

export const IdentityProvider = WhoLooks.Provider;

// { entry, scopes, workflows, key, may(scope) }, within the console.
export function useIdentity() {
  return useContext(WhoLooks);
}

// { identity, problem, retry }: both null while the answer is awaited. A problem of status 401 asks for a key.
export function useWhoLooks() {
  const [state, setState] = useState({ identity: null, problem: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => watchKey(() => setTurn((before) => before + 1)), []);
  useEffect(() => {
    const stop = new AbortController();
    call(api("keys/self"), { signal: stop.signal }).then(
      ({ data }) => setState({ identity: identityOf(data), problem: null }),
      (problem) => stop.signal.aborted || setState({ identity: null, problem }),
    );
    return () => stop.abort();
  }, [turn]);
  return { ...state, retry: () => setTurn((before) => before + 1), hasKey: currentKey() !== "" };
}

function identityOf(data) {
  const scopes = new Set(data.scopes);
  return { ...data, may: (scope) => !scope || scopes.has(scope) };
}
