// Official libraries of Node behind standard input and output: a line of JSON in, a line of JSON out.
// in:  {library, action: "sign" | "verify", secret, key, url, at, headers, body (base64)}
// out: {result} | {error}
// The first argument is the module with the table of libraries. What they write is not part of the answer.
import { createInterface } from "node:readline";

for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = () => {};
const { libraries } = await import(process.argv[2]);

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  const body = Buffer.from(asked.body, "base64");
  let answer;
  try {
    answer = { result: await libraries[asked.library][asked.action]({ ...asked, body, text: body.toString("utf8") }) };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
