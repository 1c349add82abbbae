// Every page, one line each: its path (":id" stands for any segment), its title, the scope that its first request needs,
// its module, and for those in the navigation the key after "g" and the group that it stands in.
export const PAGES = [
  { path: "deliveries", title: "Deliveries", scope: "deliveries:read", key: "d", group: "What came", load: () => import("./pages/deliveries.js") },
  { path: "deliveries/:id", title: "Delivery", scope: "deliveries:read", load: () => import("./pages/delivery.js") },
  { path: "instances", title: "Instances", scope: "instances:read", key: "i", group: "What runs", load: () => import("./pages/instances.js") },
  { path: "instances/:id", title: "Instance", scope: "instances:read", load: () => import("./pages/instance.js") },
];

// Groups of the navigation, in their order.
export const GROUPS = ["What came", "What runs", "Set up"];

// What "/console/" shows: the first of these that the key may see.
export const HOME = ["", "deliveries", "instances"];
