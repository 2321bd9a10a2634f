// One process of start.mjs: imports the package named in the first argument and verifies once.

const [, , name, json] = process.argv;
const input = JSON.parse(json);
const body = Buffer.from(input.body);

const first = {
  hookward: ({ verify }) => {
    verify({ provider: "standard-webhooks", secret: input.secret, headers: input.standard, body });
  },
  stripe: ({ default: Stripe }) => {
    Stripe.webhooks.constructEvent(body, input.stripe["stripe-signature"], input.secret);
  },
  "@octokit/webhooks-methods": async ({ verify }) => {
    if (!(await verify(input.secret, input.body, input.github["x-hub-signature-256"]))) throw new Error("refused");
  },
  standardwebhooks: ({ Webhook }) => {
    new Webhook(input.secret).verify(body, input.standard);
  },
  svix: ({ Webhook }) => {
    new Webhook(input.secret).verify(body, input.svix);
  },
}[name];

const started = performance.now();
const module = await import(name);
const imported = performance.now();
await first(module);
const done = performance.now();
console.log(
  JSON.stringify({ imported: imported - started, verified: done - imported, together: done - started }),
);
