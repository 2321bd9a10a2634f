// The modes in which the sender waits, the action node, and what must never go on by "Valid".

import { row } from "../../demo/table.mjs";
import { delivery, forgeries } from "./deliveries.mjs";
import { signIn } from "./editor.mjs";

/** The test URL: it listens for one genuine delivery, and each is new to it. */
export async function checkTestUrl(n8n, hookward, id) {
  const editor = await signIn(n8n.url);
  const [[, tampered], [, unsigned]] = forgeries(hookward, "tinyposter", "evt_1");
  for (const round of ["good", "the same again"]) {
    await editor.listen(id, "Hookward Trigger");
    for (const [what, request, status] of [["tampered with", tampered, 401], ["unsigned", unsigned, 401], [round, delivery(hookward, "tinyposter", "evt_1"), 200]]) {
      const answer = await n8n.post("tinyposter", request, { test: true });
      row([`test URL: ${what}`, `${answer.status} ${answer.text.slice(0, 24)}`, ""], answer.status === status, `${status}, not ${answer.status} ${answer.text}`);
    }
  }
}

/**
 * A pasted Code node that drops duplicates: a new event is answered by the Respond node behind it, and of
 * one from before n8n answers itself, since no node behind is reached.
 */
export async function checkOnce(n8n, hookward, sent) {
  for (const [id, status] of sent) {
    const answer = await n8n.post("once", delivery(hookward, "tinyposter", id));
    row([`--once: ${id}`, `${answer.status} ${answer.text.slice(0, 24)}`, ""], answer.status === status, `${status}, not ${answer.status} ${answer.text}`);
  }
}

/** Sends to the workflow `modes`. */
export async function checkModes(n8n, hookward) {
  const check = async (what, path, request, status, right, method) => {
    const answer = await n8n.post(`modes/${path}`, request, { method });
    const fine = answer.status === status && right(answer.json, answer.text);
    row([what, `${answer.status} ${answer.text.slice(0, 24)}`, ""], fine, `${status}, not ${answer.status} ${answer.text}`);
  };
  const good = (id) => delivery(hookward, "tinyposter", id);
  const [[, tampered]] = forgeries(hookward, "tinyposter", "evt_1");

  await check("last node: good", "last", good("evt_1"), 200, (json) => json.id === "evt_1" && json.duplicate === false);
  await check("last node: the same again", "last", good("evt_1"), 200, (json) => json.duplicate === true);
  await check("last node: tampered with", "last", tampered, 401, (json) => json.code === "signature_mismatch");
  await check("own text: good", "text", good("evt_1"), 202, (_, text) => text === "thanks");
  await check("respond node: good", "node", good("evt_1"), 202, (json) => json.id === "evt_1" && json.duplicate === false);
  await check("respond node: the same again", "node", good("evt_1"), 202, (json) => json.duplicate === true);
  await check("respond node: tampered with", "node", tampered, 401, (json) => json.code === "signature_mismatch");
  await check("GET where there is none", "last", {}, 405, (json) => json.code === "method_not_allowed", "GET");
  const form = new FormData();
  form.set("file", new Blob(["x"]), "x.txt");
  await check("a form with a file", "last", { body: form }, 500, (json) => json.code === "body_not_raw");
  await check("Verify: good", "verify", good("evt_2"), 200, (json) => json.id === "evt_2" && json.verification.provider === "tinyposter");
  await check("Verify: tampered with", "verify", tampered, 401, (json) => json.code === "signature_mismatch");
  await check("Verify, always output data", "always", tampered, 401, (json) => json.code === "signature_mismatch");
  await check("Verify, deactivated", "off", tampered, 401, () => true);
  await check("Verify goes on after a fault", "broken", good("evt_3"), 401, (json) => json.id === undefined && typeof json.code === "string");
}
