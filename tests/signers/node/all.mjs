// The libraries that `make signers ALL=1` adds.
import { client, load, standard, unwrap, webhooks, within } from "./clients.mjs";

const metronome = ["@metronome/sdk", "Metronome", { bearerToken: "1" }];
const orb = ["orb-billing", "Orb", { apiKey: "1" }];

export const libraries = {
  square: {
    verify: async ({ secret, text, headers, url }) =>
      (await load("square")).WebhooksHelper.verifySignature({ requestBody: text, signatureHeader: headers["x-square-hmacsha256-signature"], signatureKey: secret, notificationUrl: url }),
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
  "@clerk/backend": {
    sign: standard("@clerk/backend", "svix"),
    verify: async ({ secret, text, headers }) => {
      const { verifyWebhook } = await load("@clerk/backend/webhooks");
      return Boolean(await verifyWebhook(new Request("https://hooks.example.com/", { method: "POST", headers, body: text }), { signingSecret: secret }));
    },
  },
  "@contentful/node-apps-toolkit": {
    sign: async ({ secret, text, url, at }) => {
      const { signRequest } = await load("@contentful/node-apps-toolkit");
      return signRequest(secret, { method: "POST", path: new URL(url).pathname, headers: {}, body: text }, at * 1000);
    },
    verify: async ({ secret, text, headers, url }) => {
      const { verifyRequest } = await load("@contentful/node-apps-toolkit");
      return verifyRequest(secret, { method: "POST", path: new URL(url).pathname, headers, body: text });
    },
  },
  telnyx: {
    verify: async ({ key, text, headers }) => {
      const { TelnyxWebhook } = await load("telnyx/lib/webhooks");
      await new TelnyxWebhook(key).verify(text, headers);
      return true;
    },
  },
  "cashfree-pg": {
    verify: async ({ secret, text, headers }) => {
      const { Cashfree, CFEnvironment } = await load("cashfree-pg");
      const made = new Cashfree(CFEnvironment.SANDBOX, "id", secret);
      return Boolean(made.PGVerifyWebhookSignature(headers["x-webhook-signature"], text, headers["x-webhook-timestamp"]));
    },
  },
  openai: { verify: client("openai", "OpenAI", { apiKey: "1" }) },
  "@metronome/sdk": {
    sign: async ({ secret, text, at }) => {
      const date = new Date(at * 1000).toUTCString();
      return { "x-metronome-date": date, "metronome-webhook-signature": (await webhooks(...metronome)).signPayload(text, { date, secret }) };
    },
    verify: client(...metronome),
  },
  "orb-billing": {
    sign: async ({ secret, text, at }) => {
      const timestamp = new Date(at * 1000).toISOString().replace("Z", "");
      return { "x-orb-timestamp": timestamp, "x-orb-signature": (await webhooks(...orb)).signPayload(text, { timestamp, secret }) };
    },
    verify: client(...orb),
  },
  "@anthropic-ai/sdk": {
    sign: standard("@anthropic-ai/sdk"),
    verify: unwrap("@anthropic-ai/sdk", "Anthropic", { apiKey: "1" }, (made) => made.beta.webhooks),
  },
  "@easypost/api": {
    verify: async ({ secret, body, headers }) => {
      const EasyPost = (await import("@easypost/api")).default;
      return Boolean(new EasyPost("key").Utils.validateWebhook(body, headers, secret));
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
    sign: async ({ secret, body, at }) => {
      const { createHash } = await import("node:crypto");
      const claims = { iss: "Vonage", iat: at, payload_hash: createHash("sha256").update(body).digest("hex") };
      return `Bearer ${within("@vonage/jwt", "jsonwebtoken").sign(claims, secret)}`;
    },
    verify: async ({ secret, body, headers }) => {
      const { verifySignature } = await load("@vonage/jwt");
      const token = headers.authorization.replace("Bearer ", "");
      const { payload_hash: hash } = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
      const { createHash } = await import("node:crypto");
      return verifySignature(token, secret) && createHash("sha256").update(body).digest("hex") === hash;
    },
  },
};
