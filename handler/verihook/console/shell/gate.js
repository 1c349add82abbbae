// Asks for an API key. It stays in this tab.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Brand } from "../parts/icon.js";
import { keepKey } from "./key.js";
import { wantHeading } from "./router.js";

// `problem`: why the key that was tried does not open, or null.
export function Gate({ problem }) {
  const field = useRef(null);
  const [key, setKey] = useState("");
  useEffect(() => {
    document.title = "Key · Verihook";
    field.current.focus();
  }, [problem]);
  const submit = (event) => {
    event.preventDefault();
    if (!key.trim()) return;
    wantHeading();
    keepKey(key.trim());
  };
  return html`<main class="gate">
    <form onSubmit=${submit}>
      <${Brand} />
      <h1>Verihook</h1>
      <p>The console asks the API with a key of yours and shows what that key may see.</p>
      <label class="field"><span>API key</span>
        <input ref=${field} type="password" value=${key} autocomplete="off" spellcheck="false" placeholder="vhk_…"
          aria-invalid=${Boolean(problem)} aria-describedby="key-note" onInput=${(event) => setKey(event.target.value)} /></label>
      ${problem && html`<p class="field-error" role="alert">${problem.message}</p>`}
      <button type="submit" class="primary">Open</button>
      <p class="small" id="key-note">It stays in this tab and is sent to this server alone. On one machine <code>verihook keys run</code> prints the key of
        the run; elsewhere <code>verihook keys create</code> makes one.</p>
    </form>
  </main>`;
}
