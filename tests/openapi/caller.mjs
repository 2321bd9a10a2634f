// Calls of the gateway by their names in the document. Every answer is judged by it, and it is noted what
// has been seen.

import assert from "node:assert/strict";

import { request } from "../harness/http.mjs";
import { codesOf, operationOf, operations, wrongAnswer, wrongRequest } from "./document.mjs";

export class Caller {
  /** `<operation> <status> <code>` of all answers so far. */
  seen = new Set();

  constructor(gateway) {
    this.gateway = gateway;
  }

  /**
   * Makes a call. A `path` gives values for the path's parameters, `body` is JSON unless it is a string;
   * `token: null` sends none.
   */
  async call(id, { path = {}, query = {}, body, headers = [], token = this.gateway.token } = {}) {
    const operation = operationOf(id);
    assert.ok(operation, `there is no operation ${id}`);
    const where = operation.path.replace(/\{(\w+)\}/g, (_, name) => {
      assert.ok(path[name] !== undefined, `${id}: {${name}} is not given`);
      return path[name];
    });
    const params = new URLSearchParams(query).toString();
    const all = [...headers];
    if (token) all.push(["authorization", `Bearer ${token}`]);
    const has = (name) => all.some(([other]) => other.toLowerCase() === name);
    if (body !== undefined && !has("content-type")) all.push(["content-type", "application/json"]);
    const answer = await request(`${this.gateway.origin}${where}${params ? `?${params}` : ""}`, {
      method: operation.method.toUpperCase(),
      headers: all,
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const code = answer.headers["content-type"]?.startsWith("application/problem+json") ? answer.json?.code : "";
    const what = `${id} ${JSON.stringify(body)?.slice(0, 300) ?? ""} → ${answer.status} ${answer.text.slice(0, 500)}`;
    assert.equal(wrongAnswer(operation, answer), "", what);
    this.seen.add(`${id} ${answer.status} ${code}`.trim());
    const wrong = typeof body === "string" ? "" : wrongRequest(operation, body);
    if (answer.status < 300) assert.equal(wrong, "", `taken, though by the document it is wrong: ${what}`);
    return { ...answer, code };
  }

  /** A call that has to be answered by `status`, and by `code` where it is an error. */
  async expect(id, status, options, code = "") {
    const answer = await this.call(id, options);
    assert.equal(`${answer.status} ${answer.code}`.trim(), `${status} ${code}`.trim(), `${id}: ${answer.text.slice(0, 500)}`);
    return answer.json;
  }

  /** What the document promises and no call has been answered by. */
  unseen() {
    return operations.flatMap((operation) => {
      const codes = codesOf(operation);
      const statuses = Object.keys(operation.responses).filter((status) => status < 300);
      return [...statuses, ...codes].map((what) => `${operation.operationId} ${what}`).filter((what) => !this.seen.has(what));
    });
  }
}
