import type { INodeProperties } from 'n8n-workflow';

import { providerProperties } from './provider';

const verify = { show: { operation: ['verify'] } };
const sign = { show: { operation: ['sign'] } };
const respond = { show: { operation: ['respond'] } };

/** What the node asks for. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Respond',
				value: 'respond',
				description: 'Answer the webhook that started the workflow',
				action: 'Respond to the webhook',
			},
			{
				name: 'Sign',
				value: 'sign',
				description: 'Make the headers that a webhook of your own is sent with',
				action: 'Sign a webhook',
			},
			{
				name: 'Verify',
				value: 'verify',
				description: 'Find out whether a webhook was signed by its provider',
				action: 'Verify a webhook',
			},
		],
		default: 'verify',
	},
	...providerProperties({ operation: ['sign', 'verify'] }),
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'In the Webhook node, switch on the option Raw Body',
		description: 'The name of the input field with the request\'s raw body, byte for byte',
		displayOptions: verify,
	},
	{
		displayName: 'Headers',
		name: 'headers',
		type: 'json',
		default: '={{ $json.headers }}',
		required: true,
		description: 'All headers of the request, as an object',
		displayOptions: verify,
	},
	{
		displayName: 'Options',
		name: 'verifyOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: verify,
		options: [
			{
				displayName: 'Method',
				name: 'method',
				type: 'string',
				default: 'POST',
				description: 'Only for providers that sign it (HubSpot)',
			},
			{
				displayName: 'Registered URL',
				name: 'url',
				type: 'string',
				default: '',
				description:
					'Only for providers that sign the URL (HubSpot, Square): exactly as you entered it with them. Never the request\'s own, which the sender can choose.',
			},
			{
				displayName: 'Tolerance (Seconds)',
				name: 'tolerance',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 86400 },
				default: 0,
				description: 'How far the signed time may be from now, in both directions. 0: what the provider says, mostly 300.',
			},
		],
	},
	{
		displayName: 'Body',
		name: 'body',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '={{ JSON.stringify($json) }}',
		required: true,
		description: 'What will be sent, exactly. Send the <code>body</code> of the output as it is: made anew from data it would be another text.',
		displayOptions: sign,
	},
	{
		displayName: 'Options',
		name: 'signOptions',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		displayOptions: sign,
		options: [
			{
				displayName: 'Delivery ID',
				name: 'deliveryId',
				type: 'string',
				default: '',
				description: 'For the header with the delivery\'s ID, where the provider has one. It is not signed.',
			},
			{
				displayName: 'Event Type',
				name: 'eventType',
				type: 'string',
				default: '',
				description: 'For the header that repeats the event\'s type, where the provider has one. It is not signed.',
			},
			{
				displayName: 'Message ID',
				name: 'id',
				type: 'string',
				default: '',
				description: 'Where it is signed (Standard Webhooks, Svix): the same for every attempt to deliver one event',
			},
			{ displayName: 'Method', name: 'method', type: 'string', default: 'POST', description: 'Where it is signed (HubSpot)' },
			{ displayName: 'URL', name: 'url', type: 'string', default: '', description: 'Where it is signed (HubSpot, Square)' },
		],
	},
	{
		displayName: 'Status',
		name: 'responseCode',
		type: 'number',
		typeOptions: { minValue: 200, maxValue: 599 },
		default: 200,
		description: 'What to answer with. Anything but 2xx has most providers send the event again.',
		displayOptions: respond,
	},
	{
		displayName: 'Response Body',
		name: 'responseBody',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		description: 'What to answer. Text that is JSON is sent as JSON.',
		displayOptions: respond,
	},
];
