import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type IN8nHttpFullResponse,
	type INodeExecutionData,
} from 'n8n-workflow';

import { known } from '../../src/answers';
import { readCredentials } from '../../src/credentials';
import { parsed, readSender } from '../../src/sender';
import { signOutgoing } from '../../src/signing';
import { verifyDelivery } from '../../src/verifying';

/** Runs the operation on every item. */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const operation = context.getNodeParameter('operation', 0) as 'verify' | 'sign' | 'respond';
	if (operation === 'respond') return respond(context);
	const [done, failed]: [INodeExecutionData[], INodeExecutionData[]] = [[], []];
	for (const [index, item] of context.getInputData().entries()) {
		const pairedItem = { item: index };
		try {
			if (operation === 'verify') {
				const { valid, json } = await verify(context, index);
				(valid ? done : failed).push({ json: json as IDataObject, binary: item.binary, pairedItem });
			} else {
				done.push({ json: await sign(context, index), pairedItem });
			}
		} catch (error) {
			const { code, message } = fault(error);
			const failure = new NodeOperationError(context.getNode(), error as Error, { itemIndex: index, message: `${code}: ${message}` });
			if (!context.continueOnFail()) throw failure;
			const json = { code, message };
			if (operation === 'verify') failed.push({ json, binary: item.binary, pairedItem });
			else done.push({ json, error: failure, pairedItem });
		}
	}
	// As the outputs are: Invalid first.
	return operation === 'verify' ? [failed, done] : [done];
}

/** What the core says, or n8n: of a credential or a binary field that is not there. */
function fault(error: unknown): { code: string; message: string } {
	const { code, message, cause } = known(error);
	return { code, message: cause instanceof Error ? cause.message : message };
}

async function verify(context: IExecuteFunctions, index: number): Promise<ReturnType<typeof verifyDelivery>> {
	const { method, url, tolerance } = context.getNodeParameter('verifyOptions', index, {}) as IDataObject;
	const field = context.getNodeParameter('binaryPropertyName', index) as string;
	return verifyDelivery({
		...(await readCommon(context, index)),
		headers: context.getNodeParameter('headers', index),
		body: await context.helpers.getBinaryDataBuffer(index, field),
		method: (method as string) || 'POST',
		url: (url as string) || undefined,
		tolerance: (tolerance as number) || undefined,
	});
}

async function sign(context: IExecuteFunctions, index: number): Promise<IDataObject> {
	const body = context.getNodeParameter('body', index) as string;
	const more = context.getNodeParameter('signOptions', index, {}) as IDataObject;
	return signOutgoing({ ...(await readCommon(context, index)), body, more });
}

async function readCommon(context: IExecuteFunctions, index: number) {
	const { secrets } = readCredentials(await context.getCredentials('hookwardApi', index));
	const provider = context.getNodeParameter('provider', index) as string;
	return { secrets, sender: readSender(provider, context.getNodeParameter('scheme', index, '')) };
}

/** Once for all items: there is one request to answer. */
function respond(context: IExecuteFunctions): INodeExecutionData[][] {
	const statusCode = context.getNodeParameter('responseCode', 0) as number;
	const text = context.getNodeParameter('responseBody', 0) as string;
	const response: IN8nHttpFullResponse = { ...readBody(text), statusCode };
	context.sendResponse(response);
	return [context.getInputData().map((item, index) => ({ ...item, pairedItem: { item: index } }))];
}

function readBody(text: string): { body: IDataObject | string; headers: IDataObject } {
	const body = parsed(text);
	if (typeof body === 'object' && body !== null) return { body: body as IDataObject, headers: { 'content-type': 'application/json' } };
	return { body: text, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}
