// What the tables of libraries share. A library is loaded when it is first asked.
import { createRequire } from "node:module";

export const load = (name) => import(name).then((module) => (module.default && typeof module.default === "object" ? { ...module.default, ...module } : module));

// A dependency of a library, as the library itself finds it.
export const within = (name, dependency) => createRequire(createRequire(import.meta.url).resolve(name))(dependency);

// Clients that Stainless generates: webhooks.verifySignature(body, headers, secret) throws.
export const client = (name, member, options, call = "verifySignature") => async ({ secret, text, headers }) => {
  const result = await (await webhooks(name, member, options))[call](text, headers, secret);
  return result === undefined || Boolean(result);
};

// Those whose unwrap(body, {headers, key}) throws; it also parses the body.
export const unwrap = (name, member, options, of = (made) => made.webhooks) => async ({ secret, text, headers }) => {
  const module = await load(name);
  return Boolean(await of(new module[member](options)).unwrap(text, { headers, key: secret }));
};

// The part of such a client that knows webhooks.
export const webhooks = async (name, member, options) => new (await load(name))[member](options).webhooks;

// Signs as a library of Standard Webhooks does, with the one that the library verifies with. prefix: of the headers.
export const standard = (name, prefix = "webhook") => ({ secret, text, at }) => {
  const { Webhook } = name === "standardwebhooks" ? createRequire(import.meta.url)(name) : within(name, "standardwebhooks");
  const signature = new Webhook(secret).sign("msg_1", new Date(at * 1000), text);
  return { [`${prefix}-id`]: "msg_1", [`${prefix}-timestamp`]: String(at), [`${prefix}-signature`]: signature };
};
