// The page that is opened: its module is imported then, and a fault in it stays within it.
import { Component, html, useEffect, useState } from "../vendor/preact.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { useIdentity } from "./identity.js";
import { address } from "./router.js";

export function Opened({ found, path }) {
  const identity = useIdentity();
  if (!found) {
    return html`<div key=${path}><${PageHead} title="There is no such page" lead="The address may be mistyped, or of another version." />
      <p><a href=${address("")}>To the first page</a></p></div>`;
  }
  const { page, params } = found;
  if (!identity.may(page.scope)) {
    return html`<div key=${path}><${PageHead} title=${page.title} /><${Lacking} of=${[[page.scope, "This page"]]} /></div>`;
  }
  return html`<${Guard} key=${path}><${Imported} page=${page} params=${params} /><//>`;
}

function Imported({ page, params }) {
  const [state, setState] = useState({ module: null, failed: false });
  useEffect(() => {
    page.load().then(
      (module) => setState({ module, failed: false }),
      () => setState({ module: null, failed: true }),
    );
  }, [page]);
  if (state.failed) {
    return html`<${PageHead} title=${page.title} /><div class="note is-bad" role="alert"><div>
      <p><strong>This page could not be loaded.</strong> The server does not answer, or has another version now.</p>
      <button type="button" onClick=${() => location.reload()}>Load the console again</button></div></div>`;
  }
  return state.module ? html`<${state.module[page.shown || "Page"]} ...${params} />` : html`<${Awaited} />`;
}

// A page that throws is replaced by what it threw; the rest of the console goes on.
class Guard extends Component {
  componentDidCatch(fault) {
    console.error(fault);
    this.setState({ fault });
  }

  render() {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    const problem = { title: "This page has a defect", message: String(fault?.message || fault) };
    return html`<${PageHead} title="Something went wrong here" /><${ProblemNote} problem=${problem} retry=${() => this.setState({ fault: null })} />`;
  }
}
