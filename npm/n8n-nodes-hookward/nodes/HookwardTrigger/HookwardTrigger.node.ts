import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { readCredentials } from '../../src/credentials';
import { close, open } from '../../src/handshakes';
import { secretIsThere } from '../Hookward/credential-test';
import { properties } from './properties';
import { receiveWebhook } from './webhook';

/** Says what n8n answers where the workflow has been started, as in n8n's own Webhook node. */
const RESPONSE = {
	responseMode: '={{$parameter["responseMode"]}}',
	responseCode: '={{$parameter["options"]["responseCode"] || 200}}',
	responseData:
		'={{$parameter["responseMode"] === "onReceived" ? $parameter["options"]["responseText"] : $parameter["responseData"]}}',
	responseBinaryPropertyName: '={{$parameter["responseBinaryPropertyName"]}}',
	responsePropertyName: '={{$parameter["options"]["responsePropertyName"]}}',
	responseContentType: '={{$parameter["options"]["responseContentType"]}}',
	responseHeaders: '={{$parameter["options"]["responseHeaders"]}}',
	path: '={{$parameter["path"]}}',
	isFullPath: true,
} as const;

export class HookwardTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Hookward Trigger',
		name: 'hookwardTrigger',
		icon: { light: 'file:../../icons/hookward.svg', dark: 'file:../../icons/hookward.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["provider"]}}',
		description: 'Starts the workflow when a webhook comes in that its provider has signed, and refuses all others',
		eventTriggerDescription: 'Waiting for a signed webhook at the Test URL',
		activationMessage: 'Signed webhooks that come to your production URL now start the workflow.',
		defaults: { name: 'Hookward Trigger' },
		triggerPanel: {
			header: '',
			executionsHelp: {
				inactive:
					'Enter the <b>Test URL</b> with your provider while you build the workflow, click the button and have the provider send an event. Enter the <b>Production URL</b> when the workflow is published.',
				active:
					'Deliveries to the <b>Production URL</b> start the workflow; they show up in the executions list. The <b>Test URL</b> works while you listen here.',
			},
			activationHint: 'When the workflow is ready, publish it and enter the Production URL with your provider.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		sensitiveOutputFields: ['headers.authorization', 'headers.cookie'],
		credentials: [{ name: 'hookwardApi', required: true, testedBy: 'secretIsThere' }],
		webhooks: [
			// The same URL, for providers that try it out by GET: the editor shows it once.
			{ name: 'setup', httpMethod: 'GET', ndvHideUrl: true, ...RESPONSE },
			{ name: 'default', httpMethod: 'POST', ...RESPONSE },
		],
		properties,
	};

	methods = { credentialTest: { secretIsThere } };

	/** There is nothing to register: the URL is entered with the provider by hand. */
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			/** Somebody publishes the workflow: if it has no secret yet, the provider may now send one. */
			async create(this: IHookFunctions): Promise<boolean> {
				const { secrets } = readCredentials(await this.getCredentials('hookwardApi'));
				const restarted = ['init', 'leadershipChange'].includes(this.getActivationMode());
				if (secrets.length === 0 && !restarted) open(this.getWorkflowStaticData('node'), Date.now() / 1000);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				close(this.getWorkflowStaticData('node'));
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveWebhook(this);
	}
}
