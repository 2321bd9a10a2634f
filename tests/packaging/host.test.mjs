// Hashing by node:crypto and hashing in WebAssembly: the same verdicts, and the same order of checks.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { beside, nodes, project, run, vectors } from "./packed.mjs";

const cases = vectors.reduce((sum, file) => sum + file.cases.length, 0);
const published = vectors.flatMap((file) => file.cases).filter((one) => one.published_by).length;

let folder;
before(() => {
  folder = project({ "suite.mjs": beside("suite.mjs") });
  // The packed code itself, with nothing changed but from when on the host hashes.
  const code = readFileSync(join(folder, "node_modules/hookward/dist/index.js"), "utf8");
  const set = (text, name, value) => {
    const [line, ...more] = text.match(new RegExp(`^var ${name} = .*$`, "gm"));
    assert.equal(more.length, 0);
    return text.replace(line, `var ${name} = ${value};`);
  };
  writeFileSync(join(folder, "always.mjs"), set(set(code, "HOST_BYTES", 0), "HOST_AFTER", 0));
  writeFileSync(join(folder, "never.mjs"), set(code, "HOST_BYTES", "Infinity"));
});

/** Runs a module on each Node. `hashed` in it is how many HMACs node:crypto made. */
function everywhere(name, source) {
  for (const [node, path] of Object.entries(nodes)) {
    test(`${name} (${node})`, async () => {
      const code = `
        import assert from "node:assert/strict";
        const crypto = { ...process.getBuiltinModule("node:crypto") };
        const { createHmac } = crypto;
        let hashed = 0;
        crypto.createHmac = (...values) => (hashed++, createHmac(...values));
        const { getBuiltinModule } = process;
        process.getBuiltinModule = (id) => (id === "node:crypto" ? crypto : getBuiltinModule(id));
        let text = "";
        process.stdin.setEncoding("utf8");
        for await (const chunk of process.stdin) text += chunk;
        const vectors = JSON.parse(text);
        const { runVectors } = await import("./suite.mjs");
        const all = { cases: ${cases}, published: ${published}, failures: [] };
        ${source}
      `;
      await run(path, ["--input-type=module", "-e", code], { cwd: folder, input: JSON.stringify(vectors) });
    });
  }
}

everywhere("every vector by node:crypto", `
  assert.deepEqual(await runVectors(await import("./always.mjs"), vectors), all);
  assert.ok(hashed > 200, String(hashed));
`);

everywhere("every vector by WebAssembly", `
  assert.deepEqual(await runVectors(await import("./never.mjs"), vectors), all);
  assert.equal(hashed, 0);
`);

everywhere("a host whose crypto fails is not asked again, and nothing else changes", `
  let failed = 0;
  crypto.createHmac = () => { failed++; throw new Error("not allowed here"); };
  assert.deepEqual(await runVectors(await import("./always.mjs"), vectors), all);
  assert.equal(failed, 1);
`);

everywhere("a host that gives anything but tags of 32 bytes forges nothing", `
  const body = "0".repeat(2000);
  // What a forger would send: the tag is the beginning of the body.
  const forged = { "x-hub-signature-256": "sha256=" + "30".repeat(32) };
  const good = { "x-hub-signature-256": "sha256=" + createHmac("sha256", "s").update(body).digest("hex") };
  const wrong = [0, 1, 31, 33, 64, 4096].map((size) => Buffer.alloc(size, "0"));
  let number = 0;
  for (const digest of [...wrong, "", "0".repeat(32), [], Array(32).fill(48), undefined, null, 7, {}, { length: 32 }, { byteLength: 32 }, Promise.resolve(wrong[1])]) {
    const { verify } = await import("./always.mjs?" + number++);
    crypto.createHmac = () => ({ update() { return this; }, digest: () => digest });
    for (const secrets of [["s"], ["a", "s", "b"]]) {
      const delivery = { provider: "github", secrets, body };
      assert.throws(() => verify({ ...delivery, headers: forged }), { code: "signature_mismatch" }, String(digest));
      assert.equal(verify({ ...delivery, headers: good }).verification.secretIndex, secrets.indexOf("s"));
    }
  }
  // 32 bytes that are no tag are compared as one, and match nothing that was signed.
  const { verify } = await import("./always.mjs?last");
  crypto.createHmac = () => ({ update() { return this; }, digest: () => Buffer.alloc(32, "x") });
  for (const headers of [forged, good]) {
    assert.throws(() => verify({ provider: "github", secret: "s", headers, body }), { code: "signature_mismatch" });
  }
`);

everywhere("a host that calls back in the middle of hashing mixes nothing up", `
  const { sign, verify } = await import("./always.mjs");
  const body = "0".repeat(2000);
  const signed = (secret) => sign({ provider: "github", secret, body });
  const forged = { "x-hub-signature-256": "sha256=" + "30".repeat(32) };
  let inside = false;
  crypto.createHmac = (...values) => {
    if (!inside) {
      inside = true;
      // Enough lists to push the outer call's out of the core, and to take its handle with one that is longer.
      for (let i = 0; i < 200; i++) {
        try { verify({ provider: "github", secrets: ["p" + i, "q" + i, "r" + i], headers: forged, body }); } catch {}
      }
      inside = false;
    }
    return createHmac(...values);
  };
  for (let i = 0; i < 5; i++) {
    assert.throws(() => verify({ provider: "github", secrets: ["a", "b"], headers: forged, body }), { code: "signature_mismatch" });
    assert.equal(verify({ provider: "github", secrets: ["a", "b"], headers: signed("b"), body }).verification.secretIndex, 1);
  }
`);

everywhere("one secret under two providers is two keys", `
  for (const entry of ["always", "never"]) {
    for (const order of [0, 1]) {
      const { verify } = await import("./" + entry + ".mjs?" + order);
      const secret = "whsec_b25l";
      const now = 1700000000;
      const body = "x".repeat(2000);
      const tag = (key, text, encoding) => createHmac("sha256", key).update(text).digest(encoding);
      const github = (key) => verify({ provider: "github", secret, body, headers: { "x-hub-signature-256": "sha256=" + tag(key, body, "hex") } });
      const standard = (key) => verify({ provider: "standard-webhooks", secret, now, body, headers: {
        "webhook-id": "a", "webhook-timestamp": String(now), "webhook-signature": "v1," + tag(key, "a." + now + "." + body, "base64"),
      } });
      const calls = [
        () => { github(secret); assert.throws(() => github("one"), { code: "signature_mismatch" }); },
        () => { standard("one"); assert.throws(() => standard(secret), { code: "signature_mismatch" }); },
      ];
      if (order) calls.reverse();
      for (const call of [...calls, ...calls]) call();
    }
  }
`);

everywhere("a host without any", `
  process.getBuiltinModule = () => { throw new Error("no"); };
  assert.deepEqual(await runVectors(await import("./always.mjs"), vectors), all);
  assert.equal(hashed, 0);
`);

everywhere("a process that verifies little does not load the host's crypto", `
  const { sign, verify } = await import("hookward");
  const body = "x".repeat(5000);
  const headers = sign({ provider: "github", secret: "s", body });
  let asked = 0;
  process.getBuiltinModule = () => (asked++, crypto);
  for (let i = 0; i < 16; i++) verify({ provider: "github", secret: "s", headers, body });
  assert.deepEqual([asked, hashed], [0, 0]);
  for (let i = 0; i < 3; i++) verify({ provider: "github", secret: "s", headers, body });
  assert.deepEqual([asked, hashed], [1, 3]);
`);

everywhere("a body of 1 KB and more goes to the host, a smaller one does not", `
  const { sign, verify } = await import("hookward");
  for (let i = 0; i < 16; i++) {
    const headers = sign({ provider: "github", secret: "s", body: "x".repeat(2000) });
    verify({ provider: "github", secret: "s", headers, body: "x".repeat(2000) });
  }
  for (const [size, by] of [[1023, 0], [1024, 1], [1024 * 1024, 1]]) {
    const body = "x".repeat(size);
    const headers = sign({ provider: "github", secret: "s", body });
    hashed = 0;
    verify({ provider: "github", secret: "s", headers, body });
    assert.equal(hashed, by, String(size));
    for (const secret of ["t", "S"]) {
      assert.throws(() => verify({ provider: "github", secret, headers, body }), { code: "signature_mismatch" });
    }
    assert.throws(() => verify({ provider: "github", secret: "s", headers, body: body.replace("x", "y") }), { code: "signature_mismatch" });
    const secrets = ["a", "b", "s", "c"];
    assert.equal(verify({ provider: "github", secrets, headers, body }).verification.secretIndex, 2);
  }
  assert.throws(() => verify({ provider: "github", secret: "s", headers: {}, body: "x".repeat(1024 * 1024 + 1) }), { code: "body_too_large" });
`);

everywhere("control characters in a signed header do no harm on either way", `
  for (const id of ["a\\tb", "a\\u0001", 'a"\\\\', "\\u007f", "é", "✓"]) {
    for (const entry of ["always", "never"]) {
      const { verify } = await import("./" + entry + ".mjs");
      const now = 1700000000;
      const tag = createHmac("sha256", "Jefe").update(id + "." + now + ".body").digest("base64");
      const headers = { "webhook-id": id, "webhook-timestamp": String(now), "webhook-signature": "v1," + tag };
      const delivery = { provider: "standard-webhooks", secret: "whsec_SmVmZQ==", headers, now };
      let code = "accepted";
      try { verify({ ...delivery, body: "body" }); } catch (error) { code = error.code; }
      assert.ok(["accepted", "malformed_id"].includes(code), JSON.stringify(id) + ": " + code);
      assert.throws(() => verify({ ...delivery, body: "bodx" }), (error) => ["signature_mismatch", "malformed_id"].includes(error.code));
    }
  }
`);
