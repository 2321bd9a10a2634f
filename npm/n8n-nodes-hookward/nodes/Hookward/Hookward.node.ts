import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { secretIsThere } from './credential-test';
import { execute } from './execute';
import { properties } from './properties';

/**
 * A delivery goes one of two ways. What n8n hands on by itself goes by the first: the input of a node that
 * is deactivated or has failed, and an empty item where "Always Output Data" is on. So that is "Invalid".
 */
const OUTPUTS =
	'={{$parameter["operation"] === "verify" ? [{ type: "main", displayName: "Invalid" }, { type: "main", displayName: "Valid" }] : [{ type: "main" }]}}';

export class Hookward implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Hookward',
		name: 'hookward',
		icon: { light: 'file:../../icons/hookward.svg', dark: 'file:../../icons/hookward.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{$parameter["operation"] + ($parameter["operation"] === "respond" ? "" : ": " + $parameter["provider"])}}',
		description: 'Verifies webhooks, signs your own, and answers those that the trigger waits with',
		defaults: { name: 'Hookward' },
		inputs: [NodeConnectionTypes.Main],
		outputs: OUTPUTS,
		credentials: [
			{
				name: 'hookwardApi',
				required: true,
				testedBy: 'secretIsThere',
				displayOptions: { show: { operation: ['sign', 'verify'] } },
			},
		],
		// Signing at a model's wish would sign whatever somebody has talked it into.
		usableAsTool: undefined,
		properties,
	};

	methods = { credentialTest: { secretIsThere } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await execute(this);
	}
}
