// A signed event, ready to be posted.

import { randomBytes } from "node:crypto";
import { sign, type CustomScheme, type SignOptions } from "hookward";
import { momentAt } from "./samples/sample.js";
import { sampleOf } from "./samples/index.js";
import { UsageError } from "./usage.js";
import { verifiable } from "./refusal.js";

export const TAMPERINGS = ["body", "signature", "timestamp"] as const;
export type Tampering = (typeof TAMPERINGS)[number];

export interface Order {
  readonly target: { readonly provider: string } | { readonly scheme: CustomScheme };
  readonly secret: string | undefined;
  readonly type: string | undefined;
  readonly body: Buffer | undefined;
  readonly id: string | undefined;
  readonly timestamp: number | undefined;
  readonly deliveryId: string | undefined;
  /** As it is to be signed, where it is. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly tamper: Tampering | undefined;
}

export interface Outgoing {
  readonly type: string;
  readonly headers: [string, string][];
  readonly body: Buffer;
}

/** Writes and signs an event; throws what `sign` throws. */
export function outgoing(order: Order): Outgoing {
  const { target, secret, url, tamper } = order;
  const sample = sampleOf("provider" in target ? target.provider : "");
  const timestamp = order.timestamp ?? Math.floor(Date.now() / 1000);
  const moment = momentAt(timestamp, randomBytes(12).toString("hex"));
  const type = order.type ?? sample.type;
  const content = order.body === undefined ? sample.body(type, moment) : undefined;
  const body = order.body ?? Buffer.from(typeof content === "string" ? content : JSON.stringify(content), "utf8");
  const signed = (at: number) =>
    signedHeaders({
      ...target,
      secret,
      body,
      timestamp: at,
      id: order.id ?? `msg_${moment.id}`,
      eventType: type,
      deliveryId: order.deliveryId ?? moment.uuid,
      method: "POST",
      url,
    });
  const signature = signed(timestamp);
  const plain: [string, string][] = [
    ["Content-Type", sample.contentType ?? "application/json"],
    ...Object.entries(sample.headers?.(type, moment) ?? {}),
    ...Object.entries(signature),
  ];
  const own = new Set(order.headers.map(([name]) => name.toLowerCase()));
  const headers = [...plain.filter(([name]) => !own.has(name.toLowerCase())), ...order.headers.map(([name, value]): [string, string] => [name, value])];
  switch (tamper) {
    case "body":
      return { type, headers, body: altered(body) };
    case "signature":
      return { type, headers: headers.map(([name, value]) => [name, forged(value)]), body };
    case "timestamp":
      return { type, headers: retimed(headers, signature, signed(timestamp + 1)), body };
    default:
      return { type, headers, body };
  }
}

/** The headers that `sign` gives, without the options that are not there. */
function signedHeaders(options: Record<string, unknown>): Record<string, string> {
  return sign(verifiable(options) as unknown as SignOptions);
}

/** The body with one letter or digit changed, as near to its end as there is one. */
function altered(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  for (let at = changed.length - 1; at >= 0; at--) {
    const byte = changed[at] as number;
    // One further in the alphabet, or among the digits.
    if (/[a-y0-8]/.test(String.fromCharCode(byte))) {
      changed[at] = byte + 1;
      return changed;
    }
  }
  return Buffer.concat([changed, Buffer.from(" ")]);
}

const TAG = /([0-9a-f]{64}|[A-Za-z0-9+/]{43}=?)$/;

/** A header's value with the first digit of the signature in it changed. */
function forged(value: string): string {
  return value.replace(TAG, (tag) => (tag.startsWith("0") ? "1" : "0") + tag.slice(1));
}

/** The time of another moment under the signature of this one. */
function retimed(headers: [string, string][], now: Record<string, string>, later: Record<string, string>): [string, string][] {
  const names = Object.keys(now).filter((name) => now[name] !== later[name]);
  const withTime = names.filter((name) => withoutTag(now[name]) !== withoutTag(later[name]));
  if (withTime.length === 0) throw new UsageError("this provider signs no time in its headers: there is none to change");
  return headers.map(([name, value]) => {
    if (!withTime.includes(name)) return [name, value];
    const [tag = ""] = TAG.exec(value) ?? [];
    return [name, withoutTag(later[name]) + tag];
  });
}

const withoutTag = (value = "") => value.replace(TAG, "");
