// `cargo xtask test-n8n`: the nodes, the pasted text and the required package in a real n8n, over HTTP.
//
// node tests/n8n/real/main.mjs FOLDER: n8n is installed into FOLDER, and stays there for the next time.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { bold, columns, dim, heading, row, say, tally } from "../../demo/table.mjs";
import { sleep, until } from "../../harness/wait.mjs";
import { pack, project } from "../../packaging/packed.mjs";
import { packNode, source } from "../packed.mjs";
import { PROVIDERS, delivery, forgeries } from "./deliveries.mjs";
import { installN8n } from "./install.mjs";
import { prepare } from "./instance.mjs";
import { checkModes, checkOnce, checkTestUrl } from "./modes.mjs";
import { codeWorkflow, credentials, modesWorkflow, triggerWorkflow } from "./workflows.mjs";

const EXAMPLES = ["tinyposter", "tinysend", "letmepost"];
/** For everything but the installation. */
const LIMIT_MS = 10 * 60_000;
/** In which a workflow that must not start would have. */
const QUIET_MS = 1500;

const times = [];
async function timed(what, work) {
  const from = performance.now();
  const result = await work();
  times.push(`${what} ${((performance.now() - from) / 1000).toFixed(1)} s`);
  say(dim(`  ${times.at(-1)}`));
  return result;
}

const [, , folder] = process.argv;
const home = join(folder, "instance");
let n8n;

try {
  heading("n8n", "installed once, and kept in the checkout's target folder");
  const { main } = await timed("installed", () => installN8n(join(folder, "n8n")));
  setTimeout(() => {
    console.error(`this took longer than ${LIMIT_MS / 60_000} minutes`);
    process.exit(1);
  }, LIMIT_MS).unref();
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const tools = project({ "entry.mjs": 'export * from "hookward";\n' });
  const hookward = await import(join(tools, "entry.mjs"));
  n8n = await prepare({ main, folder: home, node: packNode(home).path, hookward: pack().path });

  const examples = EXAMPLES.map((provider) => readFileSync(join(source, `examples/${provider}.json`), "utf8"));
  const others = Object.keys(PROVIDERS).filter((provider) => !EXAMPLES.includes(provider));
  const code = codeWorkflow(join(tools, "node_modules/hookward/dist/cli/main.js"));
  const ids = await timed("credentials and workflows imported and published", async () => {
    await n8n.importCredentials(credentials);
    return n8n.importWorkflows([...examples, ...others.map(triggerWorkflow), code, modesWorkflow()]);
  });
  const names = [...examples.map((text) => JSON.parse(text).name), ...others];
  const triggers = Object.fromEntries([...EXAMPLES, ...others].map((provider, at) => [provider, ids.get(names[at])]));
  await timed("ready after its start in", () => n8n.start());

  heading("The trigger", "what was sent · what came back · how often the workflow has run");
  columns("sent", "answered", "runs");
  for (const [provider, id] of Object.entries(triggers)) await checkTrigger(hookward, provider, id);

  heading("Code nodes", "the pasted text, and the required package");
  columns("sent", "pasted", "required");
  for (const provider of Object.keys(PROVIDERS)) await checkCode(hookward, provider);
  await checkOnce(n8n, hookward, [["evt_1", 201], ["evt_1", 200]]);

  heading("The other modes");
  columns("sent", "answered", "");
  await checkModes(n8n, hookward);
  await checkTestUrl(n8n, hookward, triggers.tinyposter);

  heading("After a crash and a start anew", "SIGKILL");
  await n8n.stop();
  await timed("ready after its start in", () => n8n.start());
  columns("sent", "answered", "runs");
  for (const [provider, id] of Object.entries(triggers)) await checkMemory(hookward, provider, id);
  await checkOnce(n8n, hookward, [["evt_1", 200], ["evt_2", 201]]);
} catch (error) {
  console.error(error, `\nn8n said last:\n${n8n?.log() ?? "nothing"}`);
  process.exitCode = 1;
} finally {
  await n8n?.stop();
}

const { good, bad } = tally();
say();
say(`${bold(`${good} as it should be, ${bad} not`)}; ${times.join(", ")}`);
if (bad > 0 || good === 0) process.exitCode = 1;
process.exit();

/** Waits until a workflow has run so often, and a moment longer, so that one more would be seen. */
async function settled(id, count) {
  await until(`run ${count}`, () => n8n.runs(id).succeeded >= count);
  await sleep(QUIET_MS);
  return n8n.runs(id);
}

/** The same body once more, signed at another time where the provider signs one: still the same event. */
async function checkTrigger(hookward, provider, id) {
  const first = delivery(hookward, provider, "evt_1");
  await expectRuns(`${provider}: good`, provider, id, first, 200, undefined, 1);
  await expectRuns(`${provider}: the same again`, provider, id, first, 200, { status: "duplicate" }, 1);
  for (const [what, request, expected] of forgeries(hookward, provider, "evt_2")) {
    await expectRuns(`${provider}: ${what}`, provider, id, request, 401, { code: expected }, 1);
  }
  const { says } = PROVIDERS[provider];
  if (says) row([`${provider}: the example's message`, says, ""], n8n.outputs(id).includes(says), `a run that says ${says}`);
}

async function checkMemory(hookward, provider, id) {
  // tinysend and Stripe have their time in the body too, but it is the id that counts.
  const again = delivery(hookward, provider, "evt_1");
  await expectRuns(`${provider}: an event from before`, provider, id, again, 200, { status: "duplicate" }, 1);
  await expectRuns(`${provider}: a new one`, provider, id, delivery(hookward, provider, "evt_3"), 200, undefined, 2);
}

async function expectRuns(what, path, id, request, status, json, count) {
  const answer = await n8n.post(path, request);
  const runs = await settled(id, count);
  const right = answer.status === status && runs.all === count && runs.succeeded === count && (json === undefined || same(answer.json, json));
  row([what, answered(answer), `${runs.all}`], right, `${status} ${json ? JSON.stringify(json) : ""}, ${count} runs, not ${answer.text}`);
}

async function checkCode(hookward, provider) {
  const cases = [["good", delivery(hookward, provider, "evt_1"), 200, "evt_1"], ...forgeries(hookward, provider, "evt_2").map(([what, request, expected]) => [what, request, 401, expected])];
  for (const [what, request, status, mark] of cases) {
    const [pasted, required] = [await n8n.post(`pasted/${provider}`, request), await n8n.post(`required/${provider}`, request)];
    const right = [pasted, required].every((answer) => answer.status === status && answer.text.includes(mark)) && same(comparable(pasted), comparable(required));
    row([`${provider}: ${what}`, answered(pasted), answered(required)], right, `${status} with ${mark} from both, not ${pasted.text} and ${required.text}`);
  }
}

/** Of an error the code: the text behind it says how old the delivery was, and the line. */
function comparable({ json }) {
  return typeof json?.error === "string" ? json.error.split(":")[0] : json;
}

function answered({ status, json, text }) {
  const said = json?.code ?? json?.status ?? json?.message ?? json?.error ?? json?.type ?? text;
  return `${status} ${String(said).slice(0, 26)}`;
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
