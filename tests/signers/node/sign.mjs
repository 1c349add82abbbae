// Official libraries of Node behind standard input and output: a line of JSON in, a line of JSON out.
// in:  {library, action: "sign" | "verify", secret, url, headers, body (base64)}
// out: {signature} | {accepted} | {error}
import { createInterface } from "node:readline";
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

const libraries = {
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

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const body = Buffer.from(asked.body, "base64");
  const call = libraries[asked.library][asked.action];
  let answer;
  try {
    const result = await call({ ...asked, body, text: body.toString("utf8") });
    answer = asked.action === "sign" ? { signature: result } : { accepted: result };
  } catch (error) {
    answer = { error: String(error.message) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
