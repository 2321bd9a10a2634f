import type { Answer } from "hookward";
import type { PlatformResponse } from "./fetch-types.js";

/** An answer as the platform's Response. */
export function toResponse({ status, headers, body }: Answer, method: string): PlatformResponse {
  return new Response(method === "HEAD" ? null : body, { status, headers }) as unknown as PlatformResponse;
}

/** Whether a handler has given a Response, of whatever realm. */
export function isResponse(value: unknown): value is PlatformResponse & { readonly ok: boolean } {
  const { status, ok, headers } = (value ?? {}) as { status?: unknown; ok?: unknown; headers?: { get?: unknown } };
  return typeof status === "number" && typeof ok === "boolean" && typeof headers?.get === "function";
}

declare const Response: new (body: string | null, init: { status: number; headers: Readonly<Record<string, string>> }) => object;
