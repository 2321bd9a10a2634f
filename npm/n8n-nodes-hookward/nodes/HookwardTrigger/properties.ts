import type { INodeProperties } from 'n8n-workflow';

import { providerProperties } from '../Hookward/provider';
import { options } from './options';

/** What the trigger asks for. */
export const properties: INodeProperties[] = [
	...providerProperties(),
	{
		displayName: 'Path',
		name: 'path',
		type: 'string',
		default: 'hookward',
		required: true,
		placeholder: 'tinyposter',
		description: 'What the URL ends with. It has to be another one for each trigger.',
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'string',
		default: '',
		placeholder: 'post.published, post.failed',
		description:
			'Which types of events start the workflow, with commas between them; <code>post.*</code> stands for all that begin with <code>post.</code>. Empty: all. Others are answered with 200 and start nothing.',
	},
	{
		displayName: 'Respond',
		name: 'responseMode',
		type: 'options',
		options: [
			{ name: 'Immediately', value: 'onReceived', description: 'As soon as the delivery is verified' },
			{ name: 'When Last Node Finishes', value: 'lastNode', description: 'Returns data of the last-executed node' },
			{ name: 'Using a Respond Node', value: 'responseNode', description: 'Response defined in that node' },
		],
		default: 'onReceived',
		description: 'When and how to respond to a verified delivery. What is refused is always answered at once.',
	},
	{
		displayName:
			'Insert a <b>Hookward</b> node with the operation <b>Respond</b>. n8n\'s own Respond to Webhook node, in its newer versions, looks for n8n\'s own Webhook node and does not find it here.',
		name: 'respondNotice',
		type: 'notice',
		displayOptions: { show: { responseMode: ['responseNode'] } },
		default: '',
	},
	{
		displayName: 'Response Data',
		name: 'responseData',
		type: 'options',
		displayOptions: { show: { responseMode: ['lastNode'] } },
		options: [
			{
				name: 'All Entries',
				value: 'allEntries',
				description: 'Returns all the entries of the last node. Always returns an array.',
			},
			{
				name: 'First Entry Binary',
				value: 'firstEntryBinary',
				description: 'Returns the binary data of the first entry of the last node. Always returns a binary file.',
			},
			{
				name: 'First Entry JSON',
				value: 'firstEntryJson',
				description: 'Returns the JSON data of the first entry of the last node. Always returns a JSON object.',
			},
			{ name: 'No Response Body', value: 'noData', description: 'Returns without a body' },
		],
		default: 'firstEntryJson',
		description: 'What data should be returned: all items as an array, or only the first item as an object',
	},
	{
		displayName: 'Property Name',
		name: 'responseBinaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		displayOptions: { show: { responseMode: ['lastNode'], responseData: ['firstEntryBinary'] } },
		description: 'Name of the binary property to return',
	},
	options,
];
