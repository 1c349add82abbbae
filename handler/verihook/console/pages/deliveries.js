// What came: the list, one delivery, and the composer that sends one. They are opened one from the other.
import { Composer } from "../compose/composer.js";
import { Deliveries } from "../delivery/list.js";
import { Delivery } from "../delivery/page.js";
