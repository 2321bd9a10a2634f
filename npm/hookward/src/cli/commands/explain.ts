import { explain, format, type ExplainOptions } from "hookward/explain";
import type { Command } from "../command.js";
import { Input, time } from "../input.js";
import { DELIVERY, PROVIDER, SECRETS } from "../options.js";
import { complain, FAILED, OK, paint, print, printJson } from "../output.js";
import { verifiable } from "../refusal.js";

export const explainCommand: Command = {
  name: "explain",
  summary: "say why a delivery is refused",
  synopsis: "--provider ID --secret-env NAME (--request FILE | --header … --body FILE) [options]",
  description: `Undoes by way of trial what usually goes wrong, in the body, the secret, the headers, the choice of the
provider and the clock, and verifies each variation. What matches is proven; what there are only signs
of is likely. Nothing of a secret is printed, and no signature.`,
  examples: [
    "hookward explain --provider stripe --secret-env STRIPE_WEBHOOK_SECRET --request captured.txt",
    "hookward explain --provider github --secret-env TEST --candidate-env LIVE --request delivery.har --entry 3",
  ],
  exits: ["the delivery is verified", "it is refused, and the findings say why"],
  options: {
    ...PROVIDER,
    ...SECRETS,
    "candidate-env": { type: "string", multiple: true, value: "NAME", help: "another secret that may be the right one: a variable that holds it" },
    "candidate-file": { type: "string", multiple: true, value: "FILE", help: "likewise, a file" },
    ...DELIVERY,
  },
  positionals: 0,
  run(given) {
    const input = new Input();
    const target = input.target(given);
    const secrets = input.secrets(given, "secret");
    const candidates = input.secrets(given, "candidate");
    const { notes, ...delivery } = input.delivery(given);
    const more = verifiable({ now: time(given, "now"), tolerance: given.count("tolerance", 1) });
    const explanation = explain({ ...target, secrets, candidates, ...delivery, ...more } as ExplainOptions);
    if (given.flag("json")) printJson({ ...explanation, notes });
    else {
      notes.forEach((note) => complain(`note: ${note}`));
      print(format(explanation, paint(process.stdout)));
    }
    return explanation.ok ? OK : FAILED;
  },
};
