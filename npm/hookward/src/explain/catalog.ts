// The catalogue, as `providers()` tells it.

import { customScheme, providers, type ProviderInfo } from "hookward";
import type { Repair } from "./finding.js";
import type { Target } from "./request.js";
import { likeness } from "./shape.js";

/** How secrets are written, and what that is called. */
const KEY_FORMS = [
  ["text", "its text"],
  ["base64:", "the bytes that its base64 stands for"],
  ["hex", "the bytes that its hex stands for"],
] as const;

export class Catalog {
  readonly #rows: readonly ProviderInfo[] = providers();
  #groups: Map<string, string[]> | undefined;

  find(target: Target): ProviderInfo | undefined {
    return "provider" in target ? this.#rows.find(({ id }) => id === target.provider) : undefined;
  }

  /** One of each that signs otherwise than this one. */
  others(target: Target): Target[] {
    const own = likeness(target);
    return [...this.#alike()].filter(([key]) => key !== own).map(([, [id]]) => ({ provider: id as string }));
  }

  /** The ids of all that sign as this one does, itself among them. */
  alike(target: Target): readonly string[] {
    return this.#alike().get(likeness(target)) ?? [];
  }

  #alike(): ReadonlyMap<string, string[]> {
    if (this.#groups === undefined) {
      this.#groups = new Map();
      for (const { id } of this.#rows) {
        const key = likeness({ provider: id });
        this.#groups.set(key, [...(this.#groups.get(key) ?? []), id]);
      }
    }
    return this.#groups;
  }

  /** The provider's scheme with this very text for its time, where times are dates, which can be written in many ways. */
  atTime(target: Target, text: string, messageId = ""): Target | undefined {
    const row = this.find(target);
    const plain = /^[\w.:+-]{0,256}$/;
    if (row?.scheme.time !== "rfc3339" || !plain.test(text) || !plain.test(messageId)) return undefined;
    const { timestamp: _, time: _time, idHeader: _id, eventKey: _key, signed = "", ...scheme } = row.scheme;
    try {
      return { scheme: customScheme({ ...scheme, signed: signed.replace("{timestamp}", text).replace("{id}", messageId) }) };
    } catch {
      // Not every text can stand in a template.
      return undefined;
    }
  }

  /** The provider's own scheme with secrets in another form: what a binary key may have been written in. */
  keyForms(target: Target): { target: Target; repair: Repair }[] {
    const row = this.find(target);
    if (row === undefined) return [];
    const { key: own = "text", ...scheme } = row.scheme;
    return KEY_FORMS.filter(([key]) => !own.startsWith(key)).map(([key, what]) => ({
      target: { scheme: customScheme({ ...scheme, key }) },
      repair: {
        kind: "secret_encoding",
        evidence: `The request is signed with the secret as ${what}, not as ${row.id} takes it.`,
        fix: "See that `provider` is right. If it is, a scheme of your own with another `key` verifies this sender: customScheme({ ...scheme, key }).",
      },
    }));
  }

  headersOf(target: Target): readonly string[] {
    return this.find(target)?.headers ?? [];
  }

  /** Every header that any provider sends. */
  get headers(): string[] {
    return [...new Set(this.#rows.flatMap(({ headers }) => headers))];
  }

  nameOf(target: Target): string {
    return "provider" in target ? (this.find(target) ? target.provider : "the provider named") : "the scheme given";
  }

  /** Ids that are written nearly as this. */
  near(id: string): string[] {
    const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
    const wanted = plain(id);
    if (wanted === "") return [];
    const far = (text: string) => distance(plain(text), wanted);
    const isNear = ({ id: one }: ProviderInfo) => {
      const text = plain(one);
      return far(one) <= Math.max(1, Math.floor(wanted.length / 4)) || (wanted.length > 2 && (text.startsWith(wanted) || wanted.startsWith(text)));
    };
    return this.#rows.filter(isNear).map(({ id: one }) => one).sort((a, b) => far(a) - far(b)).slice(0, 5);
  }
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 32) return 32;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] as number) + Number(a[i] !== b[j]);
      next.push(Math.min(change, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
