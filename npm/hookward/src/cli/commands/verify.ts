import { verify, type VerifyOptions, type WebhookEvent } from "hookward";
import type { Command } from "../command.js";
import { Input, time } from "../input.js";
import { DELIVERY, PROVIDER, SECRETS } from "../options.js";
import { complain, FAILED, OK, paint, print, printJson, table, visibleLine } from "../output.js";
import { refusalOf, verifiable } from "../refusal.js";

export const verifyCommand: Command = {
  name: "verify",
  summary: "verify a delivery",
  synopsis: "--provider ID --secret-env NAME (--request FILE | --header … --body FILE) [options]",
  description: "Verifies a delivery as the package does in a server: its signature over the exact bytes, and its time.\nIf it is refused, `hookward explain` with the same options says why.",
  examples: [
    "hookward verify --provider stripe --secret-env STRIPE_WEBHOOK_SECRET --request captured.txt",
    "hookward verify --provider github --secret-file secret.txt --header \"$SIGNATURE_LINE\" --body body.json",
  ],
  exits: ["verified", "refused"],
  options: { ...PROVIDER, ...SECRETS, ...DELIVERY },
  positionals: 0,
  run(given) {
    const input = new Input();
    const target = input.target(given);
    const secrets = input.secrets(given, "secret");
    const { notes, ...delivery } = input.delivery(given);
    const [now, tolerance] = [time(given, "now"), given.count("tolerance", 1)];
    const json = given.flag("json");
    if (!json) notes.forEach((note) => complain(`note: ${note}`));
    try {
      const event = verify({ ...target, secrets, ...delivery, ...verifiable({ now, tolerance }) } as VerifyOptions);
      if (json) printJson({ ok: true, event, notes });
      else print(verified(event, secrets.length, now ?? Math.floor(Date.now() / 1000)));
      return OK;
    } catch (error) {
      const refusal = refusalOf(error);
      if (json) printJson({ ok: false, ...refusal, notes });
      else {
        complain(`${paint(process.stderr).bad(refusal.code)}: ${refusal.message}`);
        complain("`hookward explain` with the same options says more.");
      }
      return FAILED;
    }
  },
};

function verified({ id, type, created, verification }: WebhookEvent, secrets: number, now: number): string {
  const { provider, secretIndex, freshness, timestamp, eventKey } = verification;
  const date = (seconds: number | undefined) => (seconds === undefined ? "–" : new Date(seconds * 1000).toISOString().replace(".000Z", "Z"));
  const { good } = paint(process.stdout);
  const rows: [string, string][] = [
    ["type", visibleLine(type ?? "–")],
    ["id", visibleLine(id ?? "–")],
    ["created", date(created)],
    ["signed", timestamp === undefined ? "at no time that is signed" : `${date(timestamp)} (${distance(timestamp - now)}), ${freshness}`],
    ["secret", `${secretIndex + 1} of ${secrets}`],
    ["event key", eventKey ?? "–"],
  ];
  return `${good("verified")} as ${provider}\n${table(rows)}`;
}

const distance = (off: number) => (off === 0 ? "now" : off < 0 ? `${-off} s ago` : `${off} s ahead`);
