/**
 * Why `verify` refused a delivery: for developers, never for the answer to the sender.
 *
 * ```js
 * import { explain } from "hookward/explain";
 *
 * console.log(String(explain({ provider, secret, headers, body })));
 * ```
 *
 * @module
 */

export { explain, type ExplainOptions } from "./explain.js";
export type { Explanation, Finding, FindingKind } from "./finding.js";
export { format, type Paint } from "./text.js";
