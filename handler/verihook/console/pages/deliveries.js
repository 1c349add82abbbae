// The list of deliveries and the page of one, which are opened one after the other.
import { Deliveries } from "../delivery/list.js";
import { Delivery } from "../delivery/page.js";
