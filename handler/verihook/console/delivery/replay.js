// Replaying a delivery: as the next attempt of its instance, or as an instance of its own.
import { html, useState } from "../vendor/preact.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { Confirm } from "../parts/dialog.js";

export function ReplayDialog({ delivery, onClose, done }) {
  const identity = useIdentity();
  const again = identity.may("instances:manage");
  const [asNew, setAsNew] = useState(true);
  const act = () => call(api(`deliveries/${segment(delivery.id)}/replay`), { method: "POST", body: { asNew } });
  const words = "The workflow gets the same input, byte for byte. Signature and time are not checked again: they were when it came.";
  return html`<${Confirm} title="Replay the delivery" words=${words} verb="Replay" act=${act} onClose=${onClose} done=${done}>
    <fieldset class="stacked"><legend>As</legend>
      <label class="check"><input type="radio" name="as" checked=${asNew} onChange=${() => setAsNew(true)} />
        <span>an instance of its own; the first stays as it is</span></label>
      <label class="check"><input type="radio" name="as" checked=${!asNew} disabled=${!again} onChange=${() => setAsNew(false)} />
        <span>the next attempt of its instance; one that runs is stopped first${!again && html` (needs <code>instances:manage</code>)`}</span></label>
    </fieldset>
  <//>`;
}
