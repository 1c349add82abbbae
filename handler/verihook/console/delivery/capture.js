// Having the next refused requests of a source kept whole, to see what a proxy did to them.
import { html, useState } from "../vendor/preact.js";
import { api, call, segment } from "../shell/client.js";
import { Confirm } from "../parts/dialog.js";

export function CaptureDialog({ delivery: { source, reason }, onClose, done }) {
  const [alike, setAlike] = useState(true);
  const act = () => call(api(`sources/${segment(source)}/captures`), { method: "POST", body: alike && reason ? { reasons: [reason] } : {} });
  const words = `Of the next 20 requests to ${source} that are refused within 10 minutes, headers and body are kept for 14 days, to be looked at here. A window that is open already ends.`;
  return html`<${Confirm} title="Keep refused requests whole" words=${words} verb="Keep them" act=${act} onClose=${onClose} done=${done}>
    ${reason && html`<label class="check"><input type="checkbox" checked=${alike} onChange=${() => setAlike(!alike)} /> only those with the reason <code>${reason}</code></label>`}
  <//>`;
}
