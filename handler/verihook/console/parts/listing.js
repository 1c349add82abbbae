// A list of /v1 as a table: its first page kept up to date without a row that jumps, and further pages below it.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api, call } from "../shell/client.js";
import { useResource } from "../shell/resource.js";
import { Awaited } from "./page.js";
import { ProblemNote } from "./problem.js";
import { Table } from "./table.js";

// `path` and `query`: of the list; `list(data)`: its rows; `empty()`: what is shown if it has none; `note(data)`:
// a line below it; the rest: of Table.
export function Listing({ path, query, list, empty, id, note = () => "", ...table }) {
  const url = api(path, query);
  const first = useResource(url, { poll: true });
  const [shown, setShown] = useState({ url: "", rows: [], cursor: null });
  const [more, setMore] = useState({ busy: false, problem: null });
  const fresh = first.url === url && first.data ? list(first.data) : null;
  const current = shown.url === url;
  const waiting = current && fresh ? fresh.filter((row) => !shown.rows.some((each) => id(each) === id(row))) : [];
  const reader = useRef(null);

  useEffect(() => {
    if (!fresh) return;
    if (!current || shown.rows.length === 0) setShown({ url, rows: fresh, cursor: first.data.cursor });
    else setShown((before) => ({ ...before, rows: renewed(before.rows, fresh, id) }));
  }, [first.data, url]);

  const showNew = () => {
    // If none of them was there before, there may be more between: the list begins again with these.
    const gap = waiting.length === fresh.length;
    setShown((before) => (gap ? { url, rows: fresh, cursor: first.data.cursor } : { ...before, rows: [...waiting, ...before.rows] }));
    reader.current?.querySelector(".row-link")?.focus();
  };
  const showMore = async () => {
    if (more.busy) return;
    setMore({ busy: true, problem: null });
    try {
      const { data } = await call(api(path, { ...query, cursor: shown.cursor }));
      setShown((before) => (before.url === url ? { url, rows: joined(before.rows, list(data), id), cursor: data.cursor } : before));
      setMore({ busy: false, problem: null });
      // The button goes with the last page.
      if (!data.cursor) reader.current?.querySelectorAll(".row-link")[shown.rows.length]?.focus();
    } catch (problem) {
      setMore({ busy: false, problem });
    }
  };

  if (first.problem && first.url === url && !current) return html`<${ProblemNote} problem=${first.problem} retry=${first.reload} />`;
  if (shown.url === "") return html`<${Awaited} lines=${10} />`;
  const nothing = current && shown.rows.length === 0;
  return html`<div class="listing" ref=${reader} aria-busy=${!current}>
    ${first.problem && html`<${ProblemNote} problem=${first.problem} />`}
    <div class="listing-head"><span class="live" data-failing=${Boolean(first.problem)}>${first.problem ? "Not up to date" : "Live"}</span>
      <span role="status">${waiting.length > 0 && html`<button type="button" class="plain" onClick=${showNew}>${waiting.length === fresh.length ? `${waiting.length} or more` : waiting.length} new: show</button>`}</span></div>
    ${nothing && !shown.cursor ? empty() : html`<${Table} rows=${shown.rows} id=${id} ...${table} />`}
    ${first.data && note(first.data) && html`<p class="small quiet">${note(first.data)}</p>`}
    ${shown.cursor && html`<div class="listing-foot"><button type="button" aria-disabled=${more.busy} onClick=${showMore}>${more.busy ? "Loading…" : "Show more"}</button></div>`}
    ${more.problem && html`<${ProblemNote} problem=${more.problem} retry=${showMore} />`}
  </div>`;
}

// The rows as they were shown, each as it is now.
function renewed(rows, fresh, id) {
  const now = new Map(fresh.map((row) => [id(row), row]));
  return rows.map((row) => now.get(id(row)) || row);
}

// Both one after the other, each row once.
export function joined(rows, further, id) {
  const known = new Set(rows.map(id));
  return [...rows, ...further.filter((row) => !known.has(id(row)))];
}
