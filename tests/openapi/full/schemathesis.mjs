// schemathesis against the running gateway: requests made up from its OpenAPI document, right ones and
// wrong ones, and every answer judged by it:
//   node tests/openapi/full/schemathesis.mjs <the program>

import { spawn } from "node:child_process";
import { once } from "node:events";

import { Admin } from "../../harness/admin.mjs";
import { startGateway } from "../../harness/gateway.mjs";

/** Of each call; with them it takes about a minute. */
const EXAMPLES = 30;
const TIMEOUT_MS = 10 * 60_000;
/** Not whether what fits the schema is taken: an URL may be one and still be refused. */
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "unsupported_method",
];

const gateway = await startGateway({ faults: false });
try {
  const admin = new Admin(gateway);
  const source = await admin.source("tinyposter");
  await admin.must("POST", "/v1/destinations", { name: "d", url: "http://127.0.0.1:9/", sources: [source.id] });
  const child = spawn(
    process.argv[2],
    [
      ...["run", `${gateway.origin}/openapi.json`, "--header", `Authorization: Bearer ${gateway.token}`],
      ...["--phases", "examples,coverage,fuzzing", "--max-examples", String(EXAMPLES), "--checks", CHECKS.join(",")],
      // A provider's bytes are not described by a schema.
      ...["--exclude-path", "/in/{source}", "--request-timeout", "30", "--seed", "1", "--no-color"],
    ],
    { stdio: "inherit", cwd: gateway.dir, timeout: TIMEOUT_MS },
  );
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
} finally {
  await gateway.stop();
}
