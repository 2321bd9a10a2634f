// The action node's Verify.

import { known } from './answers';
import { verify, type HookwardError, type VerifyOptions, type WebhookEvent } from './hookward';
import { eventJson } from './output';
import { parsed, type Sender } from './sender';

/** What is verified. */
export interface Delivery {
	readonly sender: Sender;
	readonly secrets: readonly string[];
	/** As a Webhook node hands them on, or as JSON. */
	readonly headers: unknown;
	readonly body: Uint8Array;
	readonly method?: string | undefined;
	readonly url?: string | undefined;
	readonly tolerance?: number | undefined;
}

/** The event; or why there is none, which is the sender's doing. */
export type Verdict =
	| { readonly valid: true; readonly json: Record<string, unknown> }
	| { readonly valid: false; readonly json: { readonly code: string; readonly message: string } };

/**
 * Verifies a delivery.
 *
 * @throws HookwardError for what is wrong with the node: its secret, its provider, what it was given
 */
export function verifyDelivery({ sender, secrets, headers, ...rest }: Delivery): Verdict {
	const options = { ...sender, secrets, headers: readHeaders(headers), ...rest } as VerifyOptions;
	const outcome = tryOut(options);
	if (!(outcome instanceof Error)) return { valid: true, json: eventJson(outcome, { headers: options.headers }) };
	const { code, message, status } = outcome;
	if (status >= 500) throw outcome;
	return { valid: false, json: { code, message } };
}

function tryOut(options: VerifyOptions): WebhookEvent | HookwardError {
	try {
		return verify(options);
	} catch (error) {
		return known(error);
	}
}

/** An expression gives an object; somebody who types them writes JSON. */
function readHeaders(headers: unknown): unknown {
	// What is none, the core refuses, and says what headers have to be.
	return typeof headers === 'string' ? parsed(headers) : headers;
}
