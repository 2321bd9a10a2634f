// What a scenario runs in: a gateway inside the fault-injecting wrapper, a receiver, the admin API.

import { Admin } from "../harness/admin.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { startReceiver } from "../harness/receiver.mjs";
import { until } from "../harness/wait.mjs";
import { Line, Publisher } from "./line.mjs";

/** A world of its own; `stop()` ends all of it. */
export async function startWorld(options) {
  const receiver = await startReceiver();
  try {
    const gateway = await startGateway(options);
    return new World(gateway, receiver);
  } catch (error) {
    await receiver.stop();
    throw error;
  }
}

class World {
  #paths = 0;

  constructor(gateway, receiver) {
    this.gateway = gateway;
    this.receiver = receiver;
    this.admin = new Admin(gateway);
    /** @type {Line[]} */
    this.lines = [];
    /** Resolves once the gateway answers again. */
    this.up = Promise.resolve();
  }

  /** A source, whose provider posts to it. */
  async line() {
    const line = new Line(this, await this.admin.source("tinyposter"));
    this.lines.push(line);
    return line;
  }

  /** The team itself, which publishes events of its own. */
  publisher() {
    const line = new Line(this, new Publisher(this.admin));
    this.lines.push(line);
    return line;
  }

  /** A path of the receiver that no other destination has. */
  path() {
    this.#paths += 1;
    return `/${this.#paths}`;
  }

  /** Kills workerd with SIGKILL and starts it on the same state. Says when, and how long it was away. */
  async kill() {
    let killedMs;
    this.up = (async () => {
      const killed = this.gateway.kill9();
      killedMs = Date.now();
      await killed;
      await this.gateway.start();
    })();
    await this.up;
    return { killedMs, awayS: (Date.now() - killedMs) / 1000 };
  }

  setStatus(target, status) {
    return this.admin.patchDestination(target.id, { status });
  }

  /** Starts the replay of all dead letters of a destination; what it returns waits for its end. */
  async replayDead(target) {
    const path = `/v1/destinations/${target.id}`;
    const { id } = await this.admin.must("POST", `${path}/replay`, { status: "dead" });
    return (timeoutMs) => {
      const ended = async () => {
        const job = await this.admin.must("GET", `${path}/replays/${id}`);
        return job.status !== "running" && job;
      };
      return until("the end of the replay", ended, { timeoutMs, everyMs: 250 });
    };
  }

  async stop() {
    await this.gateway.stop();
    await this.receiver.stop();
  }
}
