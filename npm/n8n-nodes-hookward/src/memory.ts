import { RETENTION, type Kept, type Outcome, type SeenKeys } from './seen';
import type { Claim, Store } from './hookward';

/** What is done with an event that has come before. */
export type OnDuplicate = 'drop' | 'mark';

/** How long a provider is told to wait while a copy of its event is being started, in seconds. */
const BUSY_SECONDS = 5;

/** A receiver puts its source before a key. */
const SOURCE = /^n8n:/;

/** What a receiver calls itself in the store. */
export const STORE_SOURCE = 'n8n';

/** One request's view of the events that its trigger has had, as the core's receiver takes it. */
export class RequestMemory implements Store {
	readonly retention = RETENTION;
	/** Whether the event has come before and is let through all the same. */
	duplicate = false;
	readonly #keys: SeenKeys;
	readonly #kept: Kept;
	readonly #onDuplicate: OnDuplicate;
	readonly #now: () => number;

	constructor(keys: SeenKeys, kept: Kept, onDuplicate: OnDuplicate, now: () => number) {
		this.#keys = keys;
		this.#kept = kept;
		this.#onDuplicate = onDuplicate;
		this.#now = now;
		keys.join(kept, now());
	}

	claim(key: string): Claim {
		const drop = this.#onDuplicate === 'drop';
		// A marked copy may run beside the first, so nothing has to wait for that to have begun.
		const noted = this.#keys.note(key.replace(SOURCE, ''), this.#now(), this.#kept, drop);
		if (drop && noted === 'seen') return { state: 'done' };
		if (drop && noted === 'busy') return { state: 'busy', retryAfterSeconds: BUSY_SECONDS };
		this.duplicate = noted !== 'new';
		return { state: 'new', token: 'claimed' };
	}

	complete(): boolean {
		return true;
	}

	/** The event is not handled. A copy leaves the first one's key where it is. */
	release(key: string): void {
		if (!this.duplicate) this.#keys.forget(key.replace(SOURCE, ''), this.#kept);
	}

	remembersSince(): number | undefined {
		return this.#keys.since;
	}

	/** The request is over. */
	close(outcome: Outcome): void {
		this.#keys.leave(this.#kept, outcome);
	}
}
