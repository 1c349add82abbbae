// What runs first: takes the key from the address, and draws the frame.
import { html, render } from "./vendor/preact.js";
import { Console } from "./shell/frame.js";
import { keepFocus } from "./shell/focus.js";
import { takeKeyFromAddress } from "./shell/key.js";
import { applyTheme } from "./shell/settings.js";

takeKeyFromAddress();
applyTheme();

const root = document.getElementById("console");
root.textContent = "";
keepFocus(root);
render(html`<${Console} />`, root);
