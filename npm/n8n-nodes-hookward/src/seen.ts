// Which events a trigger has had: in this process's memory, and as text in the workflow's static data,
// which n8n stores, so that they are known after a restart.

/** The most keys that are kept. n8n stores all of them anew with each event, about 190 KB. */
export const MOST_KEYS = 5000;

/** How long a key is kept, in seconds: 96 hours, as in all of Hookward. */
export const RETENTION = 345_600;

/** Of a full memory this many are forgotten at once. */
const EVICTED = 50;

/** Half of the core's 64 hex digits: 128 bits of SHA-256, of content that nobody else can sign. */
const KEY_DIGITS = 32;
/** The second in which a key was noted, in base 36: six digits would last until 2038. */
const TIME_DIGITS = 7;
const ENTRY_DIGITS = KEY_DIGITS + TIME_DIGITS;
const ENTRY = /^[0-9a-f]{32}[0-9a-z]{7}$/;

/** What is kept in the static data. */
export interface Kept {
	/** Keys with their times, the oldest first, without anything between them. */
	seen?: unknown;
	/** Since when no key was forgotten before its time, in Unix seconds. */
	since?: unknown;
}

/** What became of a request whose event is new. */
export type Outcome =
	/** Its workflow runs, or has run. */
	| 'started'
	/** Its run failed: the next copy is new, though n8n has stored the key. */
	| 'failed'
	/** Nobody can tell: it was started exactly if n8n has stored the key. */
	| 'unknown';

/** A claim of a key. */
export type Noted = 'new' | 'seen' | 'busy';

/**
 * The events of one trigger. What is stored can be behind: n8n reads it when a request comes in and
 * writes it when the request is answered, and the last to write wins. So every request brings what it has
 * read together with what this process remembers, and requests that are still running get what is new.
 */
export class SeenKeys {
	/** Keys, and the second in which each was noted; the oldest first. */
	readonly #done = new Map<string, number>();
	/** The static data of requests that are still running, and the key that each is about to start. */
	readonly #running = new Map<Kept, { readonly key: string; readonly at: number } | undefined>();
	/** Keys whose run failed after all: not counted where they are stored. At most `MOST_KEYS`. */
	readonly #failed = new Set<string>();
	#since: number | undefined;
	/** `#done` as it is stored; nothing if it has to be written anew. Made with each event, that would take most of the time. */
	#stored: string | undefined = '';

	/** Takes in what was stored, when a request comes in. Text that is not this class's counts as lost. */
	join(kept: Kept, now: number): void {
		this.#running.set(kept, undefined);
		if (this.#since !== undefined && kept.since === this.#since && kept.seen === this.#text()) return;
		const stored = readEntries(kept);
		if (stored === undefined) {
			// Of a process that has just begun, nothing before this second is known.
			this.#since ??= second(now) + 1;
			return;
		}
		this.#since = Math.max(this.#since ?? 0, stored.since);
		const missing = stored.entries.filter(([key]) => !this.#done.has(key) && !this.#failed.has(key));
		if (missing.length === 0) return;
		const all = [...this.#done, ...missing].sort(([, a], [, b]) => a - b);
		this.#done.clear();
		this.#stored = undefined;
		for (const [key, at] of all) this.#done.set(key, at);
		this.#shrink(now, MOST_KEYS);
	}

	/** The request is answered, or its sender gone. */
	leave(own: Kept, outcome: Outcome): void {
		const pending = this.#running.get(own);
		this.#running.delete(own);
		if (pending === undefined) return;
		if (outcome === 'started') this.#add(pending.key, pending.at);
		if (outcome !== 'failed') return;
		if (this.#failed.size >= MOST_KEYS) this.#failed.clear();
		this.#failed.add(pending.key);
		// Another request may have read it from the store in between.
		if (this.#done.delete(pending.key)) this.#stored = undefined;
		this.#writeAll();
	}

	/**
	 * Notes a key, and says whether it was known. With `wait` it is `busy` for others until `leave` or
	 * `forget`, since n8n may yet fail to start the workflow.
	 */
	note(eventKey: string, now: number, own: Kept, wait: boolean): Noted {
		const key = eventKey.slice(0, KEY_DIGITS);
		const at = this.#done.get(key);
		if (at !== undefined && now < at + RETENTION) return 'seen';
		if (at !== undefined) this.#forgetOld(key, at);
		for (const pending of this.#running.values()) {
			if (pending?.key === key) return 'busy';
		}
		this.#failed.delete(key);
		this.#shrink(now, MOST_KEYS - 1);
		if (wait) {
			// n8n stores a request's data with its answer, so its own key stands there before it is known.
			this.#running.set(own, { key, at: second(now) });
			this.#write(own, this.#text());
		} else {
			this.#add(key, second(now));
		}
		return 'new';
	}

	/** The event was not handled after all: its next copy is new. */
	forget(eventKey: string, own: Kept): void {
		this.#running.set(own, undefined);
		if (this.#done.delete(eventKey.slice(0, KEY_DIGITS))) this.#stored = undefined;
		this.#writeAll();
	}

	/** Since when no key was forgotten before its time, in Unix seconds. */
	get since(): number | undefined {
		return this.#since;
	}

	#add(key: string, at: number): void {
		// A request that came between n8n's storing this key and its answer has brought it back already.
		if (!this.#done.has(key)) {
			this.#shrink(at, MOST_KEYS - 1);
			this.#stored = this.#text() + entry(key, at);
			this.#done.set(key, at);
		}
		this.#writeAll();
	}

	/** Drops what is over, and of a full memory the oldest. */
	#shrink(now: number, most: number): void {
		for (const [key, at] of this.#done) {
			if (now < at + RETENTION) break;
			this.#forgetOld(key, at);
		}
		if (this.#done.size <= most) return;
		let left = this.#done.size - most + EVICTED - 1;
		for (const [key, at] of this.#done) {
			if (left-- === 0) return;
			this.#forgetOld(key, at);
		}
	}

	/** Said even of what was over: if the clock was ahead, and is set back, it was not. */
	#forgetOld(key: string, at: number): void {
		this.#done.delete(key);
		const first = this.#stored?.startsWith(key);
		this.#stored = first ? this.#stored?.slice(ENTRY_DIGITS) : undefined;
		this.#since = Math.max(this.#since ?? 0, at + 1);
	}

	#text(): string {
		if (this.#stored === undefined) {
			this.#stored = '';
			for (const [key, at] of this.#done) this.#stored += entry(key, at);
		}
		return this.#stored;
	}

	#writeAll(): void {
		const text = this.#text();
		for (const kept of this.#running.keys()) this.#write(kept, text);
	}

	#write(kept: Kept, text: string): void {
		const pending = this.#running.get(kept);
		kept.seen = pending ? text + entry(pending.key, pending.at) : text;
		kept.since = this.#since;
	}
}

/** What was stored; nothing if that is not what this class writes. */
function readEntries({ seen, since }: Kept): { entries: Array<[string, number]>; since: number } | undefined {
	if (typeof seen !== 'string' || typeof since !== 'number') return undefined;
	if (seen.length % ENTRY_DIGITS !== 0 || seen.length > 2 * MOST_KEYS * ENTRY_DIGITS) return undefined;
	const entries: Array<[string, number]> = [];
	for (let at = 0; at < seen.length; at += ENTRY_DIGITS) {
		const one = seen.slice(at, at + ENTRY_DIGITS);
		if (!ENTRY.test(one)) return undefined;
		entries.push([one.slice(0, KEY_DIGITS), parseInt(one.slice(KEY_DIGITS), 36)]);
	}
	return { entries, since };
}

function entry(key: string, at: number): string {
	return key + at.toString(36).padStart(TIME_DIGITS, '0');
}

function second(now: number): number {
	return Math.floor(now);
}
