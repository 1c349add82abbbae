// What a page shows of the API: asked for once, or again and again while somebody looks.
import { useEffect, useRef, useState } from "../vendor/preact.js";
import { call } from "./client.js";
import { keyRefused } from "./key.js";

const SHORTEST_MS = 2000;
const LONGEST_MS = 60000;

// Asks for `url` (null: nothing yet) and returns { data, problem, loading, reload }. What came before stays until there
// is something newer, so that nothing jumps. `poll`: ask again after 2 s, or 10 times what the answer took; after
// failures later and later; never in a tab that is hidden. `until(data)`: when it has come to an end.
export function useResource(url, { poll = false, until = () => false } = {}) {
  const [state, setState] = useState({ data: null, problem: null, loading: Boolean(url), url: null });
  const [turn, setTurn] = useState(0);
  const ended = useRef(until);
  ended.current = until;
  useEffect(() => {
    if (!url) return undefined;
    return keepAsking(url, poll, (change) => setState((before) => ({ ...before, ...change })), (data) => ended.current(data));
  }, [url, poll, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}

function keepAsking(url, poll, report, isAtItsEnd) {
  const stop = new AbortController();
  let timer = 0;
  let failures = 0;
  let waiting = false;
  let known = "";
  let last;

  async function ask() {
    waiting = false;
    const began = performance.now();
    report({ loading: true });
    try {
      const { status, data, headers } = await call(url, { signal: stop.signal, known });
      failures = 0;
      // What has not changed is not sent again, and stays the same object: nothing is drawn again for it.
      if (status !== 304) [last, known] = [data, headers.get("etag") || ""];
      report({ data: last, problem: null, loading: false, url });
      if (poll && !isAtItsEnd(last)) later(10 * (performance.now() - began));
    } catch (problem) {
      if (stop.signal.aborted) return;
      if (problem.status === 401) keyRefused();
      failures += 1;
      report({ problem, loading: false, url });
      if (poll || problem.status === 0) later(SHORTEST_MS * 2 ** failures);
    }
  }

  function later(ms) {
    waiting = true;
    if (!document.hidden) timer = setTimeout(ask, Math.min(Math.max(ms, SHORTEST_MS), LONGEST_MS));
  }

  function look() {
    clearTimeout(timer);
    if (waiting && !document.hidden) ask();
  }

  document.addEventListener("visibilitychange", look);
  ask();
  return () => {
    stop.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
