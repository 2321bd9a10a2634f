// What TypeScript makes of the receiver and of typed events, under its current and its previous major.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { project, run, tool } from "../packaging/packed.mjs";
import { projectWith } from "./kit.mjs";

const program = `
import { MemoryStore, Receiver, customScheme, verify } from "hookward";
import type { Answer, Claim, EventOf, ErrorCode, LetmepostEvent, ReceiverOptions, Store, TimedSecret, TinyposterEvent, TinysendEvent, UnlistedType, WebhookEvent } from "hookward";
import { RedisStore } from "hookward/redis";
import { storeTests } from "hookward/store-test";

declare const environment: { [name: string]: string | undefined };
declare const request: { method: string; url: string; headers: { [name: string]: string | string[] | undefined }; body: Uint8Array };

const receiver = new Receiver({ provider: "tinyposter", secret: environment["S"], store: new MemoryStore() });
const result: number | undefined = (await receiver.receive(request, async () => 1)).result;
const received = await receiver.receive(request, () => "text");
if (received.status === "accepted") { const text: string = received.result; void text; }
// @ts-expect-error a duplicate has no result
if (received.status === "duplicate") { const text: string = received.result; void text; }

const answer: Answer = await receiver.handle(request, (event) => {
  const plain: WebhookEvent = event;
  const type: string | undefined = event.type;
  // @ts-expect-error nothing is known of the data before the type is
  void event.data.post;
  if (event.type === "post.published") {
    const title: string | null = event.data.post.title;
    // @ts-expect-error a post's event has no account
    void event.data.account;
    void title;
  }
  switch (event.type) {
    case "account.connected":
    case "account.disconnected": {
      const platform: string = event.data.account.platform;
      return platform;
    }
    case "post.created":
    case "post.published":
    case "post.failed":
    case "post.canceled":
      return event.data.post.platforms.join();
    case "ping":
      return event.data;
    // @ts-expect-error not one of them
    case "post.publishd":
      return;
    default: {
      // Every other type: usable as the text that it is, with data of any shape.
      const other: string | undefined = event.type;
      const listed: UnlistedType | undefined = event.type;
      const data: unknown = event.data;
      if (other === "post.boosted") return (data as { by: string }).by;
      return [plain, type, listed];
    }
  }
});
const status: number = answer.status;

type Handlers = { [Type in Exclude<NonNullable<TinyposterEvent["type"]>, UnlistedType>]?: (event: Extract<TinyposterEvent, { type: Type }>) => unknown };
const handlers: Handlers = { "post.failed": (event) => event.data.post.error, ping: () => 1 };

declare const sent: TinysendEvent;
if (sent.type === "post.sent") { const subject: string = sent.data.subject; void subject; }
if (sent.type === "mailbox.deleted") { const field: unknown = sent.data["mailbox_id"]; void field; }
const thirty: 30 = 30 as Count<Listed<TinysendEvent>>;
const eight: 8 = 8 as Count<Listed<LetmepostEvent>>;
const seven: 7 = 7 as Count<Listed<TinyposterEvent>>;
type Listed<Event extends { type: unknown }> = Exclude<NonNullable<Event["type"]>, UnlistedType>;
type ToIntersection<U> = (U extends unknown ? (one: (value: U) => void) => void : never) extends (all: infer I) => void ? I : never;
type Last<U> = ToIntersection<U> extends (value: infer L) => void ? L : never;
type Count<U, N extends unknown[] = []> = [U] extends [never] ? N["length"] : Count<Exclude<U, Last<U>>, [...N, 0]>;

new Receiver({ provider: "letmepost-body", secrets: ["a", { secret: "b", notBefore: 1, notAfter: 2 }] }).handle(request, (event) => {
  if (event.type === "post.rejected") return event.data.error.remediation;
  return undefined;
});
new Receiver({ provider: "letmepost", secret: "a" }).handle(request, (event) => {
  if (event.type === "token.revoked") return event.data?.reason;
  // @ts-expect-error there may be no data in this format
  if (event.type === "token.expiring") return event.data.tokenExpiresAt;
  return undefined;
});
new Receiver({ provider: "github", secret: { secret: environment["S"] } }).handle(request, (event) => {
  const plain: WebhookEvent = event;
  return (plain.payload as { action: string }).action;
});
declare const either: Receiver<"tinyposter" | "tinysend">;
either.handle(request, (event) => (event.type === "post.created" ? event.data : undefined));
declare const anyOne: Receiver;
anyOne.handle(request, (event) => {
  const plain: WebhookEvent = event;
  return plain;
});
const specific: ReceiverOptions<"tinyposter"> = { provider: "tinyposter", secret: "a" };
const options: ReceiverOptions = specific;
const event: EventOf<"svix"> = {} as WebhookEvent;
const secret: TimedSecret = { secret: undefined };
const code: ErrorCode = "lease_lost";

const store: Store = {
  claim: async (key: string, leaseSeconds: number): Promise<Claim> => ({ state: "new", token: key + String(leaseSeconds) }),
  complete: () => true,
  release: () => undefined,
  remembersSince: () => undefined,
};
new Receiver({ provider: "svix", secret: "a", store, source: "main", leaseSeconds: 5, storeTimeoutSeconds: 1, tolerance: 5, horizon: 9, retention: 99, now: () => 1 });
declare const nodeRedis: { eval(script: string, options?: { keys?: string[]; arguments?: string[] }): Promise<string | number | null> };
declare const ioRedis: {
  eval(script: string, keys: number | string, callback?: (error?: Error | null, result?: unknown) => void): Promise<unknown>;
  eval(...args: [script: string, keys: number | string, ...args: (string | Uint8Array | number)[]]): Promise<unknown>;
  defineCommand(name: string, definition: { lua: string }): void;
};
const stores: Store[] = [
  new RedisStore(nodeRedis),
  new RedisStore(ioRedis, { prefix: "a", durable: true }),
  new RedisStore(async (command: string[]) => command.length),
  new MemoryStore({ maxKeys: 5, now: () => 1 }),
];
for (const { name, run } of storeTests({ store: () => store, another: async () => store, pass: async (seconds: number) => void seconds })) {
  const text: string = name;
  await run();
  void text;
}

const scheme = customScheme({ signature: "X-Mine" });
new Receiver({ scheme, secret: "a" }).handle(request, (event) => {
  const plain: WebhookEvent = event;
  return plain.unverifiedType;
});
new Receiver({ provider: "asana", takeSecret: async (secret: string) => void secret });
new Receiver({ provider: "square", secret: "a", url: "https://example.com" });
new Receiver({ provider: "meta", secret: "a", verifyToken: environment["T"] });
// @ts-expect-error a secret that may arrive beside one that is there
new Receiver({ provider: "asana", secret: "a", takeSecret: () => {} });
// @ts-expect-error a scheme that was not checked
new Receiver({ scheme: { signature: "X-Mine" }, secret: "a" });
// @ts-expect-error a provider and a scheme
new Receiver({ provider: "svix", scheme, secret: "a" });
const verified = verify({ provider: "tinyposter", secret: "a", headers: {}, body: "" });
if (verified.type === "post.failed") { const why: string | null = verified.data.post.error; void why; }
const claimed: { post: { id: string } } = verify<{ post: { id: string } }>({ provider: "tinyposter", secret: "a", headers: {}, body: "" }).data;

// @ts-expect-error a provider that is not in the catalogue
new Receiver({ provider: "tinypostr", secret: "a" });
// @ts-expect-error no secret
new Receiver({ provider: "svix" });
// @ts-expect-error both
new Receiver({ provider: "svix", secret: "a", secrets: ["b"] });
// @ts-expect-error a misspelt option
new Receiver({ provider: "svix", secret: "a", leaseSecond: 5 });
// @ts-expect-error a time that is none
new Receiver({ provider: "svix", secret: { secret: "a", notBefore: new Date() } });
// @ts-expect-error a store that lacks what makes it one
new Receiver({ provider: "svix", secret: "a", store: { claim: store.claim } });
// @ts-expect-error an address is no client
new RedisStore("redis://localhost");

export { claimed, code, eight, event, handlers, options, result, secret, seven, status, stores, thirty };
`;

const folder = project({
  "receiver.mts": program,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "nodenext",
      target: "es2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
      lib: ["es2022"],
      types: [],
    },
    include: ["*.mts"],
  }),
});

for (const version of ["typescript", "typescript5"]) {
  const { version: number } = JSON.parse(readFileSync(tool(`${version}/package.json`), "utf8"));
  test(`under TypeScript ${number.split(".")[0]}`, async () => {
    await run(process.execPath, [tool(`${version}/bin/tsc`), "--project", "."], { cwd: folder });
  });
}

test("the types of real clients fit", async () => {
  // Their own types need Node's, and do not all compile strictly: only this program's errors count.
  const clients = projectWith({
    "clients.mts": `
      import { RedisStore } from "hookward/redis";
      import type { createClient as createClient4 } from "redis4";
      import type { createClient as createClient5 } from "redis5";
      import type { createClient as createClient6 } from "redis";
      import type { Redis as Redis5 } from "ioredis5";
      import type { Redis as Redis6, Cluster as Cluster6 } from "ioredis";
      type Clients = [ReturnType<typeof createClient4>, ReturnType<typeof createClient5>, ReturnType<typeof createClient6>, Redis5, Redis6, Cluster6];
      declare const clients: Clients;
      export const stores = [clients[0], clients[1], clients[2], clients[3], clients[4], clients[5]].map((client) => new RedisStore(client));
      // @ts-expect-error so that the types above are not any
      export const wrong: [number, number, number, number, number, number] = clients;
    `,
    "tsconfig.json": JSON.stringify({
      compilerOptions: { module: "nodenext", target: "es2022", strict: true, noEmit: true, skipLibCheck: true, lib: ["es2022"], types: ["node"] },
      include: ["*.mts"],
    }),
  }, ["redis4", "redis5", "redis", "ioredis5", "ioredis", "@types"]);
  const printed = await run(process.execPath, [tool("typescript/bin/tsc"), "--project", "."], { cwd: clients }).catch((error) => error.message);
  assert.doesNotMatch(printed, /clients\.mts/);
});
