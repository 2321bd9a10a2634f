import { HookwardError, type Answer } from './hookward';

/** An error of the core's as it is, and anything else as one: nothing but its code is ever sent. */
export function known(error: unknown): HookwardError {
	// Not by `instanceof`: there may be several copies of the class.
	if ((error as { name?: unknown } | null | undefined)?.name === 'HookwardError') return error as HookwardError;
	return new HookwardError('internal_error', 'receiving failed; see cause', { cause: error });
}

/** The code and no more: what would help a developer would help an attacker. */
export function refusal(thrown: unknown): Answer {
	const error = known(thrown);
	return { ...json(error.status, { code: error.code }), error };
}

/** An answer in JSON. */
export function json(status: number, content: object): Answer {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
}
