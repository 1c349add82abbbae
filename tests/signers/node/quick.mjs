// The libraries of `make signers`. verify: true, or false or an error. sign: the value of the signature's header, or headers.
import { createPrivateKey } from "node:crypto";
import { client, load, standard, unwrap, webhooks, within } from "./clients.mjs";

const shopify = async (secret) => {
  await import("@shopify/shopify-api/adapters/node");
  const { ApiVersion, shopifyApi } = await import("@shopify/shopify-api");
  return shopifyApi({
    apiKey: "key",
    apiSecretKey: secret,
    hostName: "hooks.example.com",
    apiVersion: Object.values(ApiVersion)[0],
    isEmbeddedApp: false,
    logger: { log: () => {} },
  });
};

const workos = async () => new (await load("@workos-inc/node")).WorkOS("sk_test_1").webhooks;
const finch = ["@tryfinch/finch-api", "Finch", { accessToken: "1" }];
const mux = ["@mux/mux-node", "Mux", { tokenId: "1", tokenSecret: "1" }];
const treasury = ["modern-treasury", "ModernTreasury", { apiKey: "1", organizationID: "1" }];

export const libraries = {
  octokit: {
    sign: async ({ secret, text }) => (await load("@octokit/webhooks-methods")).sign(secret, text),
    verify: async ({ secret, text, headers }) => (await load("@octokit/webhooks-methods")).verify(secret, text, headers["x-hub-signature-256"]),
  },
  linear: {
    verify: async ({ secret, body, headers }) => {
      const { LinearWebhookClient } = await load("@linear/sdk/webhooks");
      return new LinearWebhookClient(secret).verify(body, headers["linear-signature"], JSON.parse(body).webhookTimestamp);
    },
  },
  shopify: {
    sign: async ({ secret, text }) => (await load("@shopify/shopify-api/runtime")).createSHA256HMAC(secret, text),
    verify: async ({ secret, text, headers }) => {
      const rawRequest = { method: "POST", url: "/", headers };
      return (await (await shopify(secret)).webhooks.validate({ rawBody: text, rawRequest })).valid;
    },
  },
  "standardwebhooks (Node)": {
    sign: standard("standardwebhooks"),
    verify: async ({ secret, text, headers }) => Boolean(new (await load("standardwebhooks")).Webhook(secret).verify(text, headers)),
  },
  "svix (Node)": {
    sign: async ({ secret, text, at }) => {
      const signature = new (await load("svix")).Webhook(secret).sign("msg_1", new Date(at * 1000), text);
      return { "svix-id": "msg_1", "svix-timestamp": String(at), "svix-signature": signature };
    },
    verify: async ({ secret, text, headers }) => {
      new (await load("svix")).Webhook(secret).verify(text, headers);
      return true;
    },
  },
  resend: {
    sign: standard("resend", "svix"),
    verify: async ({ secret, text, headers }) => {
      const { Resend } = await load("resend");
      const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => headers[`svix-${name}`]);
      return Boolean(new Resend("re_1").webhooks.verify({ payload: text, headers: { id, timestamp, signature }, webhookSecret: secret }));
    },
  },
  lithic: { sign: standard("lithic"), verify: client("lithic", "Lithic", { apiKey: "1" }) },
  dodopayments: { sign: standard("dodopayments"), verify: unwrap("dodopayments", "DodoPayments", { bearerToken: "1" }) },
  "@tryfinch/finch-api": {
    sign: async ({ secret, text, at }) => {
      const said = { eventId: "msg_1", timestamp: new Date(at * 1000), secret: Buffer.from(secret, "base64") };
      const signature = (await webhooks(...finch)).signPayload(text, said);
      return { "finch-event-id": "msg_1", "finch-timestamp": String(at), "finch-signature": signature };
    },
    verify: client(...finch),
  },
  "@mux/mux-node": {
    sign: async ({ secret, text, at }) => `t=${at},v1=${await (await webhooks(...mux)).computeSignature(`${at}.${text}`, secret)}`,
    verify: client(...mux),
  },
  "modern-treasury": {
    sign: async ({ secret, text }) => (await webhooks(...treasury)).getSignature(text, { key: secret }),
    verify: async ({ secret, text, headers }) => (await webhooks(...treasury)).validateSignature(text, headers, { key: secret }),
  },
  "coinbase-commerce-node": {
    sign: async ({ secret, text }) => (await load("coinbase-commerce-node")).Webhook.computeSignature(text, secret),
    verify: async ({ secret, text, headers }) => (await load("coinbase-commerce-node")).Webhook.verifySigHeader(text, headers["x-cc-webhook-signature"], secret),
  },
  "@workos-inc/node": {
    sign: async ({ secret, text, at }) => `t=${at * 1000}, v1=${await (await workos()).computeSignature(at * 1000, JSON.parse(text), secret)}`,
    verify: async ({ secret, text, headers }) => (await workos()).verifyHeader({ payload: JSON.parse(text), sigHeader: headers["workos-signature"], secret }),
  },
  "@sanity/webhook": {
    sign: async ({ secret, text, at }) => (await load("@sanity/webhook")).encodeSignatureHeader(text, at * 1000, secret),
    verify: async ({ secret, text, headers }) => (await load("@sanity/webhook")).isValidSignature(text, headers["sanity-webhook-signature"], secret),
  },
  "@hygraph/utils": {
    sign: async ({ secret, text, at }) => {
      const { generateWebhookSignature } = await load("@hygraph/utils");
      const now = Date.now;
      Date.now = () => at * 1000; // It signs the present time alone.
      try {
        return generateWebhookSignature({ rawPayload: text, environmentName: "1", secret });
      } finally {
        Date.now = now;
      }
    },
    verify: async ({ secret, text, headers }) => (await load("@hygraph/utils")).verifyWebhookSignature({ rawPayload: text, signature: headers["gcms-signature"], secret }),
  },
  "@notionhq/client": {
    sign: async ({ secret, text }) => (await load("@notionhq/client")).signWebhookPayload({ body: text, verificationToken: secret }),
    verify: async ({ secret, text, headers }) => (await load("@notionhq/client")).verifyWebhookSignature({ body: text, signature: headers["x-notion-signature"], verificationToken: secret }),
  },
  "retell-sdk": {
    sign: async ({ secret, text, at }) => (await load("retell-sdk/lib/webhook_auth.js")).symmetric.sign(text, secret, at * 1000),
    verify: async ({ secret, text, headers }) => (await load("retell-sdk/lib/webhook_auth.js")).verify(text, secret, headers["x-retell-signature"]),
  },
  "atlassian-jwt": {
    sign: async ({ secret, url, at }) => {
      const { createQueryStringHash, encodeSymmetric, fromMethodAndUrl } = await load("atlassian-jwt");
      const { pathname, search } = new URL(url);
      const qsh = createQueryStringHash(fromMethodAndUrl("POST", pathname + search), false, "");
      return `JWT ${encodeSymmetric({ iss: "client-key", iat: at, exp: at + 180, qsh }, secret, "HS256")}`;
    },
    verify: async ({ secret, url, headers }) => {
      const { createQueryStringHash, decodeSymmetric, fromMethodAndUrl } = await load("atlassian-jwt");
      const { exp, qsh } = decodeSymmetric(headers.authorization.replace("JWT ", ""), secret, "HS256");
      const { pathname, search } = new URL(url);
      return exp * 1000 > Date.now() && qsh === createQueryStringHash(fromMethodAndUrl("POST", pathname + search), false, "");
    },
  },
  "truelayer-signing": {
    sign: async ({ secret, text, url }) => (await load("truelayer-signing")).sign({ kid: "key", privateKeyPem: secret, method: "POST", path: new URL(url).pathname, body: text }),
    verify: async ({ key, text, headers, url }) => {
      (await load("truelayer-signing")).verify({ publicKeyPem: key, signature: headers["tl-signature"], method: "POST", path: new URL(url).pathname, headers: {}, body: text });
      return true;
    },
  },
  "@sendgrid/eventwebhook": {
    sign: async ({ secret, text, at }) => {
      const { Ecdsa, PrivateKey } = within("@sendgrid/eventwebhook", "starkbank-ecdsa");
      const key = PrivateKey.fromPem(createPrivateKey(secret).export({ type: "sec1", format: "pem" }));
      return {
        "x-twilio-email-event-webhook-timestamp": String(at),
        "x-twilio-email-event-webhook-signature": Ecdsa.sign(at + text, key).toBase64(),
      };
    },
    verify: async ({ key, body, headers }) => {
      const webhook = new (await load("@sendgrid/eventwebhook")).EventWebhook();
      const [at, signature] = ["timestamp", "signature"].map((name) => headers[`x-twilio-email-event-webhook-${name}`]);
      return webhook.verifySignature(webhook.convertPublicKeyToECDSA(key), body, signature, at);
    },
  },
  razorpay: {
    verify: async ({ secret, text, headers }) => (await load("razorpay/dist/utils/razorpay-utils.js")).validateWebhookSignature(text, headers["x-razorpay-signature"], secret),
  },
  replicate: {
    verify: async ({ secret, text, headers }) => {
      const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`]);
      return (await load("replicate")).validateWebhook({ id, timestamp, body: text, secret, signature });
    },
  },
  "gocardless-nodejs": {
    verify: async ({ secret, text, headers }) => {
      (await load("gocardless-nodejs/webhooks")).verifySignature(text, secret, headers["webhook-signature"]);
      return true;
    },
  },
};
