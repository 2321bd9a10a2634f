/**
 * `hookward/redis`: remembers events in Redis, for receivers of several processes.
 *
 * @module
 */

import { HookwardError, type Claim, type Store } from "hookward";

import { CLAIM, COMPLETE, RELEASE, SINCE } from "./redis-scripts.js";

/**
 * A client of `redis` (node-redis, from 4 on) or of `ioredis`, single or cluster; for any other client, a
 * function that sends one command, given as its words, and resolves to the reply.
 */
export type RedisClient =
  // Their own types differ from each other and from version to version: only the name is common.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  | { eval(...args: any[]): PromiseLike<unknown> }
  | ((command: string[]) => PromiseLike<unknown>);

/** What a {@link RedisStore} can be told. */
export interface RedisStoreOptions {
  /** What its keys begin with, by default `hookward`: letters, digits, `.`, `_`, `-` and `:`. */
  readonly prefix?: string | undefined;
  /**
   * Whether this Redis loses nothing when it restarts or fails over (`appendfsync always`, replicas that
   * are waited for) and never evicts. By default `false`: after each restart, fail-over and eviction, late
   * deliveries from before it are refused, since their keys may be lost.
   */
  readonly durable?: boolean | undefined;
}

type Run = (script: string, keys: string[], args: string[]) => PromiseLike<unknown>;

/**
 * Remembers events in Redis. Every call is one Lua script, and so atomic. All keys are in one slot of a
 * cluster.
 */
export class RedisStore implements Store {
  readonly #run: Run;
  readonly #prefix: string;
  readonly #durable: string;

  constructor(client: RedisClient, { prefix = "hookward", durable = false }: RedisStoreOptions = {}) {
    if (typeof prefix !== "string" || !/^[\w.:-]{1,64}$/.test(prefix)) {
      throw new HookwardError("invalid_option", "prefix must be 1 to 64 letters, digits, `.`, `_`, `-` and `:`");
    }
    this.#run = runner(client);
    this.#prefix = `{${prefix}}:`;
    this.#durable = durable === true ? "1" : "0";
  }

  async claim(key: string, leaseSeconds: number): Promise<Claim> {
    // Made here, so that a claim that the client sends again after a lost connection is the same claim.
    const token = randomToken();
    const args = [this.#durable, token, milliseconds(leaseSeconds)];
    const answer = integer(await this.#run(CLAIM, [this.#since(), this.#prefix + key], args));
    if (answer === -1) return { state: "new", token };
    if (answer === -2) return { state: "done" };
    return { state: "busy", retryAfterSeconds: answer / 1000 };
  }

  async complete(key: string, token: string, ttlSeconds: number): Promise<boolean> {
    return integer(await this.#run(COMPLETE, [this.#prefix + key], [token, milliseconds(ttlSeconds)])) === 1;
  }

  async release(key: string, token: string): Promise<void> {
    await this.#run(RELEASE, [this.#prefix + key], [token]);
  }

  async remembersSince(): Promise<number> {
    return integer(await this.#run(SINCE, [this.#since()], [this.#durable]));
  }

  #since(): string {
    return `${this.#prefix}remembers-since`;
  }
}

function runner(client: RedisClient): Run {
  if (typeof client === "function") {
    return (script, keys, args) => client(["EVAL", script, String(keys.length), ...keys, ...args]);
  }
  if (typeof client?.eval !== "function") {
    throw new HookwardError("invalid_option", "RedisStore needs a client of redis or ioredis, or a function that sends a command");
  }
  // Only ioredis has it.
  if (typeof (client as { defineCommand?: unknown }).defineCommand === "function") {
    return (script, keys, args) => client.eval(script, keys.length, ...keys, ...args);
  }
  return (script, keys, args) => client.eval(script, { keys, arguments: args });
}

declare const crypto: { randomUUID(): string };

function randomToken(): string {
  return crypto.randomUUID();
}

function milliseconds(seconds: number): string {
  return String(Math.ceil(seconds * 1000));
}

/** Some clients are set to give integers as text. */
function integer(reply: unknown): number {
  const value = typeof reply === "string" ? Number(reply) : reply;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new TypeError("Redis answered with something else than a whole number");
}
