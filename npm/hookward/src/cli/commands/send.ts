import type { Command } from "../command.js";
import { headers, Input, time } from "../input.js";
import { PROVIDER, SECRETS } from "../options.js";
import { complain, FAILED, OK, paint, print, printJson, visible } from "../output.js";
import { refusalOf } from "../refusal.js";
import { outgoing, TAMPERINGS, type Outgoing, type Tampering } from "../outgoing.js";
import { isLoopback, post, type Answer } from "../post.js";
import { UsageError } from "../usage.js";
import { MESSAGE } from "./sign.js";

/** Seconds to wait for an answer. */
const TIMEOUT_S = 10;

export const sendCommand: Command = {
  name: "send",
  summary: "post a signed sample event to a URL",
  synopsis: "URL --provider ID --secret-env NAME [options]",
  description: `Posts an event to a URL as the provider would: a sample in its form, or a body of your own, signed with
your endpoint's secret. Prints the answer's status and body.

It is as it should be if a good delivery is answered with 2xx, each time that it is sent, and one that
was tampered with is refused with 4xx.`,
  examples: [
    "hookward send http://localhost:3000/webhooks --provider stripe --secret-env STRIPE_WEBHOOK_SECRET",
    "hookward send http://localhost:3000/webhooks --provider github --secret-env S --event issues --repeat 2",
    "hookward send http://localhost:3000/webhooks --provider slack --secret-env S --tamper timestamp",
  ],
  exits: ["answered as it should be", "answered otherwise, or not at all"],
  options: {
    ...PROVIDER,
    ...SECRETS,
    event: { type: "string", value: "TYPE", help: "the event's type, in the body and in the header that repeats it" },
    body: { type: "string", value: "FILE", help: "a body of your own, byte for byte; - is standard input" },
    header: { type: "string", multiple: true, value: "'NAME: VALUE'", help: "a further header; goes before one of that name" },
    ...MESSAGE,
    "signed-url": { type: "string", value: "URL", help: "the URL to sign, for providers that sign it, if it is not the one posted to" },
    repeat: { type: "string", value: "N", help: "send the same event N times, to see that it is acted on once" },
    tamper: { type: "string", value: TAMPERINGS.join("|"), help: "change this after signing: it must be refused" },
    timeout: { type: "string", value: "SECONDS", help: `how long to wait for each answer; by default ${TIMEOUT_S}` },
  },
  positionals: 1,
  async run(given) {
    const input = new Input();
    const target = input.target(given);
    const [secret, ...others] = input.secrets(given, "secret");
    if (others.length > 0) throw new UsageError("give one secret: each event is signed with one");
    const url = readUrl(given.positionals[0]);
    const tamper = given.text("tamper") as Tampering | undefined;
    if (tamper !== undefined && !TAMPERINGS.includes(tamper)) throw new UsageError(`--tamper must be one of ${TAMPERINGS.join(", ")}`);
    const times = given.count("repeat", 1) ?? 1;
    const timeout = given.count("timeout", 1) ?? TIMEOUT_S;
    const path = given.text("body");
    const json = given.flag("json");
    let event: Outgoing;
    try {
      event = outgoing({
        target,
        secret,
        type: given.text("event"),
        body: path === undefined ? undefined : input.read(path, "--body"),
        id: given.text("id"),
        timestamp: time(given, "timestamp"),
        deliveryId: given.text("delivery-id"),
        url: given.text("signed-url") ?? url.href,
        headers: headers(given),
        tamper,
      });
    } catch (error) {
      if (error instanceof UsageError) throw error;
      const { code, message } = refusalOf(error);
      if (json) printJson({ ok: false, code, message });
      else complain(`${paint(process.stderr).bad(code)}: ${message}`);
      return FAILED;
    }
    if (!isLoopback(url.hostname)) complain(`note: ${url.host} is not this machine, and cannot tell this event from a real one`);
    const expected = tamper === undefined ? "accepted" : "refused";
    const answers: Answer[] = [];
    for (let at = 0; at < times; at++) {
      const answer = await post(url, event, timeout);
      answers.push(answer);
      if (!json) report(answer, at, times, expected);
    }
    const ok = answers.every((answer) => asExpected(answer, expected));
    if (json) {
      const { type, headers: sent, body } = event;
      printJson({ ok, url: url.href, event: { type, headers: sent, body: body.toString("utf8") }, expected, answers });
    }
    return ok ? OK : FAILED;
  },
};

function readUrl(text: string | undefined): URL {
  if (text === undefined) throw new UsageError("the URL is missing");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UsageError(`${JSON.stringify(text)} is no URL`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new UsageError("the URL must begin with http:// or https://");
  return url;
}

/** Only a 4xx is a refusal: a 5xx says that the receiver could not tell. */
function asExpected({ status }: Answer, expected: "accepted" | "refused"): boolean {
  if (status === undefined) return false;
  return expected === "accepted" ? status >= 200 && status < 300 : status >= 400 && status < 500;
}

function report(answer: Answer, at: number, times: number, expected: "accepted" | "refused"): void {
  const { good, bad, faint } = paint(process.stdout);
  const which = times > 1 ? `${at + 1}/${times}  ` : "";
  const { status, statusText = "", ms, body = "", truncated = false, error } = answer;
  if (status === undefined) {
    complain(`${which}${paint(process.stderr).bad("no answer")}: ${error ?? ""}`);
    return;
  }
  const colour = asExpected(answer, expected) ? good : bad;
  const verdict = asExpected(answer, expected) ? "" : `  not ${expected}, as it should be`;
  print(`${which}${colour(`${status} ${visible(statusText)}`.trim())}  ${faint(`${ms} ms`)}${verdict}`);
  if (body !== "") print(`${visible(body).trimEnd()}${truncated ? faint("\n… cut off") : ""}`);
}
