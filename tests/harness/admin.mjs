// The admin API as a user calls it, and posting to a source.

import { request } from "./http.mjs";
import { delivery, senders } from "./providers.mjs";

/** Calls of the admin API of `gateway`, with its token. */
export class Admin {
  constructor(gateway) {
    this.gateway = gateway;
  }

  /** One call; the answer as it came. */
  call(method, path, body, { headers = [] } = {}) {
    const pairs = [["authorization", `Bearer ${this.gateway.token}`], ...headers];
    if (body !== undefined) pairs.push(["content-type", "application/json"]);
    return request(this.gateway.origin + path, {
      method,
      headers: pairs,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** One call that has to succeed; its JSON. */
  async must(method, path, body) {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** Creates a source and returns a `Source` that can post to it. */
  async source(provider, fields = {}) {
    const secret = senders[provider].secret();
    const made = await this.must("POST", "/v1/sources", {
      name: `test ${provider}`,
      provider,
      secrets: [secret],
      ...fields,
    });
    return new Source(this.gateway, provider, secret, made);
  }

  /**
   * Creates a destination at `path` of `receiver` for the events of `source`. From then on the receiver
   * checks deliveries to it under its secret. Its retries are quick unless `fields` says otherwise.
   */
  async destination(receiver, path, source, fields = {}) {
    const made = await this.must("POST", "/v1/destinations", {
      url: receiver.url(path),
      name: "test destination",
      sources: [source.id],
      events: ["*"],
      retry: { schedule_s: [1, 1] },
      ...fields,
    });
    receiver.expectSecret(path, made.secret);
    return made;
  }

  patchDestination(id, fields) {
    return this.must("PATCH", `/v1/destinations/${id}`, fields);
  }

  /** The destination's deliveries, all pages of them. */
  async deliveries(id, query = {}) {
    const all = [];
    let cursor;
    do {
      const params = new URLSearchParams({ ...query, ...(cursor ? { cursor } : {}) });
      const page = await this.must("GET", `/v1/destinations/${id}/deliveries?${params}`);
      all.push(...page.data);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return all;
  }
}

/** A source, and the provider that posts to it. */
export class Source {
  constructor(gateway, provider, secret, made) {
    this.gateway = gateway;
    this.provider = provider;
    this.secret = secret;
    this.id = made.id;
    this.made = made;
  }

  /** Where the provider posts to. */
  get url() {
    return `${this.gateway.origin}/in/${this.id}`;
  }

  /** A delivery signed under the source's secret; see `delivery` in providers.mjs. */
  sign(how) {
    return delivery(this.provider, this.secret, how);
  }

  /** Posts a delivery, a freshly signed one by default. */
  post({ headers, body } = this.sign(), options = {}) {
    return request(this.url, { method: "POST", headers, body, ...options });
  }
}
