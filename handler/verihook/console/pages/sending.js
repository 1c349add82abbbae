// The pages from which something is sent: a webhook as its sender would, and the answer to what waits for one.
import { Composer } from "../compose/composer.js";
import { Waits } from "../compose/waiting.js";
