// A component of a module that is imported when it is first shown.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Awaited } from "./page.js";
import { ProblemNote } from "./problem.js";

// `load`: () => import(...) at the same place each time; `name`: of the component; the rest is given to it.
export function Later({ load, name, ...given }) {
  const [state, setState] = useState({ module: null, failed: false });
  useEffect(() => {
    load().then(
      (module) => setState({ module, failed: false }),
      () => setState({ module: null, failed: true }),
    );
  }, [name]);
  if (state.failed) {
    const problem = { title: "This part could not be loaded", message: "The server does not answer, or has another version now." };
    return html`<${ProblemNote} problem=${problem} retry=${() => location.reload()} />`;
  }
  return state.module ? html`<${state.module[name]} ...${given} />` : html`<${Awaited} lines=${4} />`;
}
