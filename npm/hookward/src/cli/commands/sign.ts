import { sign, type SignOptions } from "hookward";
import type { Command } from "../command.js";
import { Input, time } from "../input.js";
import { PROVIDER, SECRETS, type Options } from "../options.js";
import { complain, FAILED, OK, paint, print, printJson } from "../output.js";
import { refusalOf, verifiable } from "../refusal.js";
import { UsageError } from "../usage.js";

/** What is signed with a body. */
export const MESSAGE: Options = {
  id: { type: "string", value: "ID", help: "the message's id, for providers that sign one" },
  timestamp: { type: "string", value: "TIME", help: "the time to sign: Unix seconds, or RFC 3339; by default the clock's" },
  "delivery-id": { type: "string", value: "ID", help: "for the header with the delivery's id, where there is one" },
};

export const signCommand: Command = {
  name: "sign",
  summary: "print the headers that a provider would send with a body",
  synopsis: "--provider ID --secret-env NAME --body FILE [options]",
  description: "Signs a body as the provider would, and prints the headers to send with it, one a line.",
  examples: [
    "hookward sign --provider tinyposter --secret-env WEBHOOK_SECRET --body event.json",
    "hookward sign --provider svix --secret-env S --id msg_1 --body event.json | curl -H @- --data-binary @event.json $URL",
  ],
  exits: ["signed", "it cannot be signed so"],
  options: {
    ...PROVIDER,
    ...SECRETS,
    body: { type: "string", value: "FILE", help: "the body, byte for byte; - is standard input" },
    ...MESSAGE,
    "event-type": { type: "string", value: "TYPE", help: "for the header that repeats the event's type, where there is one" },
    method: { type: "string", value: "METHOD", help: "the method, for providers that sign it" },
    url: { type: "string", value: "URL", help: "the URL as registered, for providers that sign it" },
  },
  positionals: 0,
  run(given) {
    const input = new Input();
    const target = input.target(given);
    const [secret, ...others] = input.secrets(given, "secret");
    if (others.length > 0) throw new UsageError("give one secret: each body is signed with one");
    const path = given.text("body");
    if (path === undefined) throw new UsageError("--body is missing");
    const options = verifiable({
      id: given.text("id"),
      timestamp: time(given, "timestamp"),
      deliveryId: given.text("delivery-id"),
      eventType: given.text("event-type"),
      method: given.text("method"),
      url: given.text("url"),
    });
    try {
      const headers = sign({ ...target, secret, body: input.read(path, "--body"), ...options } as SignOptions);
      if (given.flag("json")) printJson({ ok: true, headers });
      else for (const [name, value] of Object.entries(headers)) print(`${name}: ${value}`);
      return OK;
    } catch (error) {
      const { code, message } = refusalOf(error);
      if (given.flag("json")) printJson({ ok: false, code, message });
      else complain(`${paint(process.stderr).bad(code)}: ${message}`);
      return FAILED;
    }
  },
};
