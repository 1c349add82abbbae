// The libraries of `make signers ALL=1`: each is loaded when it is first asked. A verdict is true, or false or an error.
const load = (name) => import(name).then((module) => (module.default && typeof module.default === "object" ? { ...module.default, ...module } : module));
const threw = async (call) => (await call, true);

// Clients of what Stainless generates: webhooks.verifySignature(body, headers, secret) throws.
const client = (name, member, options, call = "verifySignature") => async ({ secret, text, headers }) => {
  const module = await load(name);
  const webhooks = new module[member](options).webhooks;
  const result = await webhooks[call](text, headers, secret);
  return result === undefined || Boolean(result);
};

// Those whose unwrap(body, {headers, key}) throws; it also parses the body.
const unwrap = (name, member, options, of = (made) => made.webhooks) => async ({ secret, text, headers }) => {
  const module = await load(name);
  return Boolean(await of(new module[member](options)).unwrap(text, { headers, key: secret }));
};

export const libraries = {
  "@sendgrid/eventwebhook": {
    verify: async ({ key, body, headers }) => {
      const { EventWebhook } = await load("@sendgrid/eventwebhook");
      const webhook = new EventWebhook();
      const at = headers["x-twilio-email-event-webhook-timestamp"];
      return webhook.verifySignature(webhook.convertPublicKeyToECDSA(key), body, headers["x-twilio-email-event-webhook-signature"], at);
    },
  },
  "@paddle/paddle-node-sdk": {
    verify: async ({ secret, text, headers }) => {
      const { Paddle } = await load("@paddle/paddle-node-sdk");
      return new Paddle("key").webhooks.isSignatureValid(text, secret, headers["paddle-signature"]);
    },
  },
  "@line/bot-sdk": {
    verify: async ({ secret, body, headers }) => (await load("@line/bot-sdk")).validateSignature(body, secret, headers["x-line-signature"]),
  },
  "@workos-inc/node": {
    verify: async ({ secret, text, headers }) => {
      const { WorkOS } = await load("@workos-inc/node");
      const { webhooks } = new WorkOS("sk_test_1");
      return webhooks.verifyHeader({ payload: JSON.parse(text), sigHeader: headers["workos-signature"], secret });
    },
  },
  resend: {
    verify: async ({ secret, text, headers }) => {
      const { Resend } = await load("resend");
      const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => headers[`svix-${name}`]);
      return Boolean(new Resend("re_1").webhooks.verify({ payload: text, headers: { id, timestamp, signature }, webhookSecret: secret }));
    },
  },
  "@clerk/backend": {
    verify: async ({ secret, text, headers }) => {
      const { verifyWebhook } = await load("@clerk/backend/webhooks");
      return Boolean(await verifyWebhook(new Request("https://hooks.example.com/", { method: "POST", headers, body: text }), { signingSecret: secret }));
    },
  },
  "@contentful/node-apps-toolkit": {
    verify: async ({ secret, text, headers, url }) => {
      const { verifyRequest } = await load("@contentful/node-apps-toolkit");
      return verifyRequest(secret, { method: "POST", path: new URL(url).pathname, headers, body: text });
    },
  },
  "@sanity/webhook": {
    verify: async ({ secret, text, headers }) => (await load("@sanity/webhook")).isValidSignature(text, headers["sanity-webhook-signature"], secret),
  },
  telnyx: {
    verify: async ({ key, text, headers }) => {
      const { TelnyxWebhook } = await load("telnyx/lib/webhooks");
      return threw(new TelnyxWebhook(key).verify(text, headers));
    },
  },
  "gocardless-nodejs": {
    verify: async ({ secret, text, headers }) => {
      (await load("gocardless-nodejs/webhooks")).verifySignature(text, secret, headers["webhook-signature"]);
      return true;
    },
  },
  "coinbase-commerce-node": {
    verify: async ({ secret, text, headers }) => (await load("coinbase-commerce-node")).Webhook.verifySigHeader(text, headers["x-cc-webhook-signature"], secret),
  },
  razorpay: {
    verify: async ({ secret, text, headers }) => (await load("razorpay/dist/utils/razorpay-utils.js")).validateWebhookSignature(text, headers["x-razorpay-signature"], secret),
  },
  "cashfree-pg": {
    verify: async ({ secret, text, headers }) => {
      const { Cashfree, CFEnvironment } = await load("cashfree-pg");
      const made = new Cashfree(CFEnvironment.SANDBOX, "id", secret);
      return Boolean(made.PGVerifyWebhookSignature(headers["x-webhook-signature"], text, headers["x-webhook-timestamp"]));
    },
  },
  "@mux/mux-node": { verify: client("@mux/mux-node", "Mux", { tokenId: "1", tokenSecret: "1" }) },
  openai: { verify: client("openai", "OpenAI", { apiKey: "1" }) },
  lithic: { verify: client("lithic", "Lithic", { apiKey: "1" }) },
  "@tryfinch/finch-api": { verify: client("@tryfinch/finch-api", "Finch", { accessToken: "1" }) },
  "@metronome/sdk": { verify: client("@metronome/sdk", "Metronome", { bearerToken: "1" }) },
  "orb-billing": { verify: client("orb-billing", "Orb", { apiKey: "1" }) },
  "modern-treasury": {
    verify: async ({ secret, text, headers }) => {
      const { ModernTreasury } = await load("modern-treasury");
      return new ModernTreasury({ apiKey: "1", organizationID: "1" }).webhooks.validateSignature(text, headers, { key: secret });
    },
  },
  "@anthropic-ai/sdk": { verify: unwrap("@anthropic-ai/sdk", "Anthropic", { apiKey: "1" }, (made) => made.beta.webhooks) },
  dodopayments: { verify: unwrap("dodopayments", "DodoPayments", { bearerToken: "1" }) },
  "@easypost/api": {
    verify: async ({ secret, body, headers }) => {
      const EasyPost = (await import("@easypost/api")).default;
      return Boolean(new EasyPost("key").Utils.validateWebhook(body, headers, secret));
    },
  },
  "retell-sdk": {
    verify: async ({ secret, text, headers }) => (await load("retell-sdk/lib/webhook_auth.js")).verify(text, secret, headers["x-retell-signature"]),
    sign: async ({ secret, text, at }) => (await load("retell-sdk/lib/webhook_auth.js")).symmetric.sign(text, secret, at * 1000),
  },
  replicate: {
    verify: async ({ secret, text, headers }) => {
      const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
      return (await load("replicate")).validateWebhook({ id, timestamp, body: text, secret, signature });
    },
  },
  mercadopago: {
    verify: async ({ secret, headers, url }) => {
      const { WebhookSignatureValidator } = await load("mercadopago/dist/utils/webhook/index.js");
      const dataId = new URL(url).searchParams.get("data.id");
      return WebhookSignatureValidator.validate({ xSignature: headers["x-signature"], xRequestId: headers["x-request-id"], dataId, secret }) !== false;
    },
  },
  "@onfido/api": {
    verify: async ({ secret, body, headers }) => {
      const { WebhookEventVerifier } = await load("@onfido/api");
      return Boolean(new WebhookEventVerifier(secret).readPayload(body, headers["x-sha2-signature"]));
    },
  },
  "webflow-api": {
    verify: async ({ secret, text, headers }) => {
      const { WebflowClient } = await load("webflow-api");
      return new WebflowClient({ accessToken: "1" }).webhooks.verifySignature({ headers, body: text, secret });
    },
  },
  "@vonage/jwt": {
    verify: async ({ secret, body, headers }) => {
      const { verifySignature } = await load("@vonage/jwt");
      const token = headers.authorization.replace("Bearer ", "");
      const { payload_hash: hash } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      const { createHash } = await import("node:crypto");
      return verifySignature(token, secret) && createHash("sha256").update(body).digest("hex") === hash;
    },
  },
  "@notionhq/client": {
    verify: async ({ secret, text, headers }) => (await load("@notionhq/client")).verifyWebhookSignature({ body: text, signature: headers["x-notion-signature"], verificationToken: secret }),
    sign: async ({ secret, text }) => (await load("@notionhq/client")).signWebhookPayload({ body: text, verificationToken: secret }),
  },
  "atlassian-jwt": {
    verify: async ({ secret, url, headers }) => {
      const { createQueryStringHash, decodeSymmetric, fromMethodAndUrl } = await load("atlassian-jwt");
      const { exp, qsh } = decodeSymmetric(headers.authorization.replace("JWT ", ""), secret, "HS256");
      const { pathname, search } = new URL(url);
      return exp * 1000 > Date.now() && qsh === createQueryStringHash(fromMethodAndUrl("POST", pathname + search), false, "");
    },
    sign: async ({ secret, url, at }) => {
      const { createQueryStringHash, encodeSymmetric, fromMethodAndUrl } = await load("atlassian-jwt");
      const { pathname, search } = new URL(url);
      const qsh = createQueryStringHash(fromMethodAndUrl("POST", pathname + search), false, "");
      return `JWT ${encodeSymmetric({ iss: "client-key", iat: at, exp: at + 180, qsh }, secret, "HS256")}`;
    },
  },
};
