// The handler that Restate runs: next to nothing, as the workflow here does.
// node restate_service.mjs MODULES   prints its port
import { createRequire } from "node:module";
import { createServer } from "node:http2";

// The SDK wants Node.js 22; this is all that an older one lacks.
Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};

const restate = createRequire(`${process.argv[2]}/`)("@restatedev/restate-sdk");
const orders = restate.service({ name: "orders", handlers: { created: async (context, order) => order.orderId } });
const server = createServer(restate.createEndpointHandler({ services: [orders] }));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
