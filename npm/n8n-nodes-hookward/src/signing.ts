// The action node's Sign.

import { sign, type SignOptions } from './hookward';
import type { Sender } from './sender';

/** What is signed. What is empty counts as left out. */
export interface Outgoing {
	readonly sender: Sender;
	readonly secrets: readonly string[];
	readonly body: string;
	readonly more: Readonly<Record<string, unknown>>;
}

/**
 * The headers to send, and the body that they are for.
 *
 * @throws HookwardError
 */
export function signOutgoing({ sender, secrets, body, more }: Outgoing): { headers: Record<string, string>; body: string } {
	const given = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== ''));
	return { headers: sign({ ...sender, secret: secrets[0], body, ...given } as SignOptions), body };
}
