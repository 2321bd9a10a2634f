// What becomes of a request to the trigger.

import { json, refusal } from './answers';
import { isWanted } from './events';
import { Receiver, type Answer, type ReceiverOptions, type WebhookEvent } from './hookward';
import { STORE_SOURCE, type RequestMemory } from './memory';
import { headerPairs, rawBody, type IncomingRequest } from './request';
import { usualTolerance, type Sender } from './sender';

/** How a trigger is set up. */
export interface TriggerSettings {
	readonly sender: Sender;
	readonly secrets: readonly string[];
	readonly verifyToken?: string | undefined;
	/** The URL as the provider has it, for those that sign it. */
	readonly url?: string | undefined;
	/** In seconds; the provider's if nothing is said. */
	readonly tolerance?: number | undefined;
	/** Whether retries under an old signature are accepted. Needs a memory. */
	readonly acceptLate: boolean;
	/** Types of events that start the workflow. */
	readonly patterns: readonly string[];
	/** Nothing while somebody tests: then each delivery is new. */
	readonly memory: RequestMemory | undefined;
	/** Takes the secret of a handshake, while somebody has opened the trigger for one. */
	readonly takeSecret?: ((secret: string) => boolean) | undefined;
	readonly now: () => number;
}

/** The workflow starts with this event, and n8n answers. */
export interface Started {
	readonly event: WebhookEvent;
	readonly duplicate: boolean;
	readonly body: Uint8Array;
}

/** The request is answered here. The workflow starts only with a secret that has just arrived. */
export interface Answered {
	readonly answer: Answer;
	readonly secret?: string;
}

/** Thrown through the receiver, so that it gives the event free. */
const UNWANTED = { unwanted: true };

/** Verifies a request. Never rejects: whatever fails is answered, and starts nothing. */
export async function receive(request: IncomingRequest, settings: TriggerSettings): Promise<Started | Answered> {
	const { patterns, memory, takeSecret } = settings;
	let event: WebhookEvent | undefined;
	let secret: string | undefined;
	try {
		const body = await rawBody(request);
		const taking = takeSecret && ((arrived: string) => {
			if (!takeSecret(arrived)) return false;
			secret = arrived;
			return true;
		});
		const receiver = new Receiver(receiverOptions(settings, taking));
		const { method, originalUrl, url } = request;
		const answer = await receiver.handle({ method, url: originalUrl ?? url, headers: headerPairs(request), body }, (verified) => {
			if (!isWanted(patterns, verified.type ?? verified.unverifiedType)) throw UNWANTED;
			event = verified;
		});
		if (event !== undefined) return { event, duplicate: memory?.duplicate ?? false, body };
		return secret === undefined ? { answer } : { answer, secret };
	} catch (error) {
		if (error === UNWANTED) return { answer: json(200, { status: 'ignored' }) };
		return { answer: refusal(error) };
	}
}

function receiverOptions(settings: TriggerSettings, takeSecret: ((secret: string) => boolean) | undefined): ReceiverOptions {
	const { sender, secrets, verifyToken, url, tolerance, acceptLate, memory, now } = settings;
	const keys = takeSecret ? { takeSecret } : { secrets };
	const remembered = memory && {
		store: memory,
		source: STORE_SOURCE,
		retention: memory.retention,
		...(!acceptLate && { horizon: tolerance ?? usualTolerance(sender) }),
	};
	return { ...sender, ...keys, verifyToken, url, tolerance, now, ...remembered } as ReceiverOptions;
}
