// The libraries of `make signers`.
import { sign, verify } from "@octokit/webhooks-methods";
import { LinearWebhookClient } from "@linear/sdk/webhooks";
import square from "square";
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";

const shopify = (secret) =>
  shopifyApi({
    apiKey: "key",
    apiSecretKey: secret,
    hostName: "hooks.example.com",
    apiVersion: Object.values(ApiVersion)[0],
    isEmbeddedApp: false,
    logger: { log: () => {} },
  });

export const libraries = {
  octokit: {
    sign: ({ secret, text }) => sign(secret, text),
    verify: ({ secret, text, headers }) => verify(secret, text, headers["x-hub-signature-256"] ?? ""),
  },
  linear: {
    verify: ({ secret, body, headers }) => new LinearWebhookClient(secret).verify(body, headers["linear-signature"] ?? "", JSON.parse(body).webhookTimestamp),
  },
  square: {
    verify: ({ secret, text, headers, url }) =>
      square.WebhooksHelper.verifySignature({
        requestBody: text,
        signatureHeader: headers["x-square-hmacsha256-signature"] ?? "",
        signatureKey: secret,
        notificationUrl: url,
      }),
  },
  shopify: {
    verify: async ({ secret, text, headers }) => {
      const rawRequest = { method: "POST", url: "/", headers };
      return (await shopify(secret).webhooks.validate({ rawBody: text, rawRequest })).valid;
    },
  },
};
