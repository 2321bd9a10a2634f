import type { INodeProperties } from 'n8n-workflow';

import { OWN_SCHEME, senderChoices } from '../../src/sender';

/** An example to begin with. */
const SCHEME = {
	signature: 'X-Acme-Signature',
	format: 't={timestamp},v1={signature}',
	time: 's',
	signed: '{timestamp}.{body}',
	eventKey: '/id',
	eventType: '/type',
};

/** Who sends: the whole catalogue, and a scheme of one's own. `show` says when this is asked for. */
export function providerProperties(show: Record<string, string[]> = {}): INodeProperties[] {
	const displayOptions = Object.keys(show).length > 0 ? { displayOptions: { show } } : {};
	return [
		{
			displayName: 'Provider',
			name: 'provider',
			type: 'options',
			noDataExpression: true,
			options: senderChoices(),
			default: 'tinyposter',
			description: 'Who sends the webhooks. Type to search. Whoever sends Standard Webhooks and is not listed is "Standard Webhooks".',
			...displayOptions,
		},
		{
			displayName: 'Scheme',
			name: 'scheme',
			type: 'json',
			noDataExpression: true,
			default: JSON.stringify(SCHEME, null, 2),
			description:
				'How your sender signs, for senders that are not in the list: HMAC-SHA256 over what <code>signed</code> says. <a href="https://github.com/hookward/hookward/blob/main/npm/hookward/README.md#providers" target="_blank">All fields</a>.',
			displayOptions: { show: { ...show, provider: [OWN_SCHEME] } },
		},
	];
}
