import type { INodeProperties } from 'n8n-workflow';

/** What may be chosen beyond the usual. */
export const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Accept Late Retries',
			name: 'acceptLate',
			type: 'boolean',
			default: false,
			description:
				'Whether to accept retries that keep their first signature, for as long as the provider is known to send them (tinyposter 36 hours, letmepost 12, tinysend 24). Each event still starts the workflow once, as this node remembers which it has had. Leave it off where several n8n processes receive webhooks: they do not share that memory at once.',
		},
		{
			displayName: 'Duplicates',
			name: 'duplicates',
			type: 'options',
			options: [
				{
					name: 'Drop, or Mark if the Sender Waits for the Run',
					value: 'auto',
					description: 'Dropped where Respond is set to Immediately, marked otherwise',
				},
				{
					name: 'Drop',
					value: 'drop',
					description: 'Answered with 200, and start nothing, unless the run before has answered with an error',
				},
				{ name: 'Mark', value: 'mark', description: 'Start the workflow with duplicate: true' },
			],
			default: 'auto',
			description: 'What to do with an event that has come before. Providers send each at least once, so copies are normal.',
		},
		{
			displayName: 'Field Name for Raw Body',
			name: 'binaryPropertyName',
			type: 'string',
			default: 'data',
			displayOptions: { show: { rawBody: [true] } },
			description: 'The name of the output field to put the raw body in',
		},
		{
			displayName: 'Raw Body',
			name: 'rawBody',
			type: 'boolean',
			default: false,
			description: 'Whether to put the verified bytes into the output as binary data as well',
		},
		{
			displayName: 'Registered URL',
			name: 'url',
			type: 'string',
			default: '',
			placeholder: 'https://n8n.example.com/webhook/hubspot',
			description:
				'Only for providers that sign the URL (HubSpot, Square): exactly as you entered it with them. Never the request\'s own, which the sender can choose.',
		},
		{
			displayName: 'Response Code',
			name: 'responseCode',
			type: 'number',
			typeOptions: { minValue: 200, maxValue: 299 },
			displayOptions: { hide: { '/responseMode': ['responseNode'] } },
			default: 200,
			description: 'The HTTP status to answer a verified delivery with. Anything but 2xx has the provider send it again.',
		},
		{
			displayName: 'Response Content-Type',
			name: 'responseContentType',
			type: 'string',
			displayOptions: { show: { '/responseData': ['firstEntryJson'], '/responseMode': ['lastNode'] } },
			default: '',
			placeholder: 'application/xml',
			description: 'The content type of the answer, where it is another than the usual one',
		},
		{
			displayName: 'Response Headers',
			name: 'responseHeaders',
			placeholder: 'Add Response Header',
			description: 'Add headers to the response',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true },
			default: {},
			options: [
				{
					name: 'entries',
					displayName: 'Entries',
					values: [
						{ displayName: 'Name', name: 'name', type: 'string', default: '', description: 'Name of the header' },
						{ displayName: 'Value', name: 'value', type: 'string', default: '', description: 'Value of the header' },
					],
				},
			],
		},
		{
			displayName: 'Response Property Name',
			name: 'responsePropertyName',
			type: 'string',
			displayOptions: { show: { '/responseData': ['firstEntryJson'], '/responseMode': ['lastNode'] } },
			default: 'data',
			description: 'Name of the property to return the data of instead of the whole JSON',
		},
		{
			displayName: 'Response Text',
			name: 'responseText',
			type: 'string',
			displayOptions: { show: { '/responseMode': ['onReceived'] } },
			default: '',
			placeholder: 'success',
			description: 'What to answer a verified delivery with',
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
};
