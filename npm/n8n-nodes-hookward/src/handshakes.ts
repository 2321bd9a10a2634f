// Some providers send their secret in the request by which they try a URL out. It is taken once, and only
// while somebody has just asked for it: by testing the node, or by publishing the workflow.

/** For how long after it was opened a trigger takes a secret, in seconds. */
const OPEN_SECONDS = 600;

/** What is kept in the static data. */
export interface Opening {
	/** Until when a secret may arrive, in Unix seconds. */
	openUntil?: unknown;
}

/** Opens a trigger that has no secret yet. */
export function open(kept: Opening, now: number): void {
	kept.openUntil = Math.floor(now) + OPEN_SECONDS;
}

/** Closes it. */
export function close(kept: Opening): void {
	if (kept.openUntil !== undefined) kept.openUntil = 0;
}

/** The openings that were used, by trigger: of requests at the same moment, each has read the store before. */
const used = new Map<string, number>();

/** What takes a secret, if one may arrive now: the first, and no other. */
export function taker(
	trigger: string,
	kept: Opening,
	testing: boolean,
	now: () => number,
): ((secret: string) => boolean) | undefined {
	if (testing) return () => true;
	const { openUntil } = kept;
	if (typeof openUntil !== 'number' || now() >= openUntil) return undefined;
	return () => {
		if (used.get(trigger) === openUntil) return false;
		used.set(trigger, openUntil);
		close(kept);
		return true;
	};
}
