// Every page, one line each: its path (":id" stands for any segment), its title, the scope that its first request needs,
// its module, which component of it if that is not Page, and for those in the navigation the key after "g" and the group.
export const PAGES = [
  { path: "", title: "Overview", scope: "deliveries:read", key: "o", group: "What came", load: () => import("./pages/operating.js"), shown: "Overview" },
  { path: "deliveries", title: "Deliveries", scope: "deliveries:read", key: "d", group: "What came", load: () => import("./pages/deliveries.js"), shown: "Deliveries" },
  { path: "deliveries/:id", title: "Delivery", scope: "deliveries:read", load: () => import("./pages/deliveries.js"), shown: "Delivery" },
  { path: "live", title: "Live", scope: "deliveries:read", key: "l", group: "What came", load: () => import("./pages/operating.js"), shown: "Live" },
  { path: "composer", title: "Composer", scope: "sources:test", key: "c", group: "What came", load: () => import("./pages/deliveries.js"), shown: "Composer" },
  { path: "instances", title: "Instances", scope: "instances:read", key: "i", group: "What runs", load: () => import("./pages/instances.js"), shown: "Instances" },
  { path: "instances/:id", title: "Instance", scope: "instances:read", load: () => import("./pages/instance.js") },
  { path: "waiting", title: "Waiting", scope: "instances:read", key: "p", group: "What runs", load: () => import("./pages/instances.js"), shown: "Waits" },
  { path: "failures", title: "Failures", scope: "instances:read", key: "f", group: "What runs", load: () => import("./pages/operating.js"), shown: "Failures" },
  { path: "jobs", title: "Bulk jobs", scope: "instances:read", key: "b", group: "What runs", load: () => import("./pages/operating.js"), shown: "Jobs" },
  { path: "jobs/new", title: "New job", scope: "instances:manage", load: () => import("./pages/operating.js"), shown: "NewJob" },
  { path: "jobs/:id", title: "Job", scope: "instances:read", load: () => import("./pages/operating.js"), shown: "Job" },
  { path: "workflows", title: "Workflows", scope: "workflows:read", key: "w", group: "Set up", load: () => import("./pages/operating.js"), shown: "Workflows" },
  { path: "workflows/:id/start", title: "Start", scope: "workflows:execute", load: () => import("./pages/start.js") },
  { path: "workflows/:id", title: "Workflow", scope: "workflows:read", load: () => import("./pages/operating.js"), shown: "Workflow" },
  { path: "sources", title: "Sources", scope: "sources:read", key: "s", group: "Set up", load: () => import("./pages/operating.js"), shown: "Sources" },
  { path: "sources/:id", title: "Source", scope: "sources:read", load: () => import("./pages/operating.js"), shown: "Source" },
  { path: "keys", title: "Keys", scope: "keys:manage", key: "k", group: "Set up", load: () => import("./pages/operating.js"), shown: "Keys" },
  { path: "about", title: "About", scope: "workflows:read", key: "a", group: "Set up", load: () => import("./pages/operating.js"), shown: "About" },
];

// Groups of the navigation, in their order.
export const GROUPS = ["What came", "What runs", "Set up"];

// What "/console/" shows: the first of these that the key may see.
export const HOME = ["", "deliveries", "instances"];
