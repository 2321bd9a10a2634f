import type { WebhookEvent } from './hookward';

/** What a verified delivery looks like in a workflow. What is not there is left out. */
export function eventJson(event: WebhookEvent, more: Record<string, unknown>): Record<string, unknown> {
	const { payload } = event;
	return { ...event.toJSON(), payload, ...more };
}
