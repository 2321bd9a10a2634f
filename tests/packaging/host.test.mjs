// Hashing by node:crypto and hashing in WebAssembly: the same verdicts, and the same order of checks.
// Whatever the host does, nothing is accepted that was not signed.

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
  writeFileSync(join(folder, "always.mjs"), set(code, "HOST_AFTER", 0));
  writeFileSync(join(folder, "never.mjs"), set(code, "HOST_AFTER", "Infinity"));
});

/** Runs a module on each Node. `hashed` in it is how many hashes node:crypto made. */
function everywhere(name, source) {
  for (const [node, path] of Object.entries(nodes)) {
    test(`${name} (${node})`, async () => {
      const code = `
        import assert from "node:assert/strict";
        const crypto = { ...process.getBuiltinModule("node:crypto") };
        const { createHmac, hash } = crypto;
        let hashed = 0;
        crypto.hash = (...values) => (hashed++, hash(...values));
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
  crypto.hash = () => { failed++; throw new Error("not allowed here"); };
  assert.deepEqual(await runVectors(await import("./always.mjs"), vectors), all);
  assert.equal(failed, 1);
`);

everywhere("a host that gives anything but 32 bytes as text forges nothing, and is not asked again", `
  const body = "0".repeat(2000);
  const forged = { "x-hub-signature-256": "sha256=" + "30".repeat(32) };
  const good = { "x-hub-signature-256": "sha256=" + createHmac("sha256", "s").update(body).digest("hex") };
  const right = (data) => hash("sha256", data, "latin1");
  const wrong = [
    ...["", "0", "0".repeat(31), "0".repeat(33), "0".repeat(64), "0".repeat(5000), "\u0100".repeat(32), "0".repeat(31) + "\ud800"],
    ...[Buffer.alloc(32, "0"), new Uint8Array(32), Array(32).fill("0"), Array(32).fill(48), { length: 32, charCodeAt: () => 48 }],
    ...[undefined, null, 7, {}, true, 0n, Symbol("x"), new String("0".repeat(32)), Promise.resolve("0".repeat(32)), () => "0"],
  ];
  let number = 0;
  for (const digest of wrong) {
    const { verify } = await import("./always.mjs?" + number++);
    let asked = 0;
    crypto.hash = () => (asked++, digest);
    for (const secrets of [["s"], ["a", "s", "b"]]) {
      const delivery = { provider: "github", secrets, body };
      assert.throws(() => verify({ ...delivery, headers: forged }), { code: "signature_mismatch" }, String(digest));
      assert.equal(verify({ ...delivery, headers: good }).verification.secretIndex, secrets.indexOf("s"));
    }
    assert.equal(asked, 1);
  }
  // 32 bytes that are no hash are compared as one, and match nothing that was signed.
  const { verify } = await import("./always.mjs?last");
  for (const digest of ["x".repeat(32), "\\0".repeat(32), right(Buffer.from(body))]) {
    crypto.hash = () => digest;
    for (const headers of [forged, good]) {
      assert.throws(() => verify({ provider: "github", secret: "s", headers, body }), { code: "signature_mismatch" });
    }
  }
`);

everywhere("a host that writes to what it is to hash, or keeps it, gains nothing", `
  const body = "0".repeat(2000);
  const good = { "x-hub-signature-256": "sha256=" + createHmac("sha256", "s").update(body).digest("hex") };
  const bad = { "x-hub-signature-256": "sha256=" + createHmac("sha256", "t").update(body).digest("hex") };
  const kept = [];
  const { verify } = await import("./always.mjs");
  crypto.hash = (algorithm, data, encoding) => {
    kept.push(data);
    const digest = hash(algorithm, data, encoding);
    data.fill(0x31);
    return digest;
  };
  assert.equal(verify({ provider: "github", secret: "s", headers: good, body }).verification.secretIndex, 0);
  assert.throws(() => verify({ provider: "github", secret: "s", headers: bad, body }), { code: "signature_mismatch" });
  assert.equal(verify({ provider: "github", secret: "s", headers: good, body }).verification.secretIndex, 0);
  // HMAC's inner block is gone from the memory, and so the key.
  assert.ok(kept.length === 3 && kept.every((data) => data.subarray(0, 64).every((byte) => byte === 0)));
`);

everywhere("a host that calls back in the middle of hashing mixes nothing up", `
  const { sign, verify, customScheme, providers } = await import("./always.mjs");
  const body = "0".repeat(2000);
  const signed = (secret) => sign({ provider: "github", secret, body });
  const forged = { "x-hub-signature-256": "sha256=" + "30".repeat(32) };
  let inside = 0;
  crypto.hash = (...values) => {
    if (inside++ === 0) {
      // Enough lists to push the outer call's out of the core, bodies that need more memory, and errors.
      for (let i = 0; i < 200; i++) {
        const secrets = ["p" + i, "q" + i, "r" + i];
        const headers = sign({ provider: "github", secret: "q" + i, body: body + i });
        assert.equal(verify({ provider: "github", secrets, headers, body: body + i }).payload, undefined);
        assert.throws(() => verify({ provider: "github", secrets, headers: forged, body }), { code: "signature_mismatch" });
      }
      assert.throws(() => verify({ provider: "github", secret: "s", headers: forged, body: "x".repeat(2 ** 20) }), { code: "signature_mismatch" });
      assert.throws(() => verify({ provider: "nobody", secret: "s", headers: forged, body }), { code: "unknown_provider" });
      customScheme({ signature: "x-a" });
    }
    inside -= 1;
    return hash(...values);
  };
  let asked = 0;
  for (let i = 0; i < 5; i++) {
    assert.throws(() => verify({ provider: "github", secrets: ["a", "b"], headers: forged, body }), { code: "signature_mismatch" });
    const event = verify({ provider: "github", secrets: ["a", "b"], headers: signed("b"), body });
    assert.equal(event.verification.secretIndex, 1);
    assert.deepEqual(Buffer.from(event.body).toString(), body);
  }
`);

everywhere("a host that throws after it has called back is given up, and nothing else is", `
  const { sign, verify } = await import("./always.mjs");
  const body = '{"type":"a"}';
  const headers = sign({ provider: "github", secret: "s", body });
  let asked = 0;
  let inner;
  crypto.hash = () => {
    asked += 1;
    inner = verify({ provider: "github", secret: "s", headers, body });
    throw new Error("after all");
  };
  const event = verify({ provider: "github", secrets: ["t", "s"], headers, body });
  assert.deepEqual([asked, event.verification.secretIndex, inner.verification.secretIndex], [1, 1, 0]);
  assert.deepEqual([event.payload, inner.payload, event.payload], Array(3).fill({ type: "a" }));
  verify({ provider: "github", secret: "s", headers, body });
  assert.equal(asked, 1);
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

everywhere("bodies of every size are the host's, and hashed as the core would", `
  const { sign, verify } = await import("./always.mjs");
  const sizes = [...Array(200).keys(), 1023, 1024, 4096, 65535, 65536, 1024 * 1024];
  for (const size of [...sizes, ...sizes.reverse()]) {
    const body = "x".repeat(size);
    const headers = sign({ provider: "github", secret: "s", body });
    hashed = 0;
    verify({ provider: "github", secret: "s", headers, body });
    assert.equal(hashed, 1, String(size));
    for (const secret of ["t", "S"]) {
      assert.throws(() => verify({ provider: "github", secret, headers, body }), { code: "signature_mismatch" });
    }
    assert.throws(() => verify({ provider: "github", secret: "s", headers, body: body.slice(1) + "y" }), { code: "signature_mismatch" });
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
