import { BINARY_ENCODING, type IDataObject, type INodeExecutionData, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';

import { readCredentials } from '../../src/credentials';
import { readPatterns } from '../../src/events';
import { taker } from '../../src/handshakes';
import type { Answer } from '../../src/hookward';
import { RequestMemory, type OnDuplicate } from '../../src/memory';
import { eventJson } from '../../src/output';
import { known, refusal } from '../../src/answers';
import { receive, type Started, type TriggerSettings } from '../../src/receive';
import { SeenKeys, type Outcome } from '../../src/seen';
import { readSender } from '../../src/sender';

/** What is chosen under "Options". */
interface Options {
	acceptLate?: boolean;
	duplicates?: 'auto' | OnDuplicate;
	rawBody?: boolean;
	binaryPropertyName?: string;
	tolerance?: number;
	url?: string;
}

/** The most triggers whose events are kept in memory as well; of others n8n's store alone is asked. */
const MOST_TRIGGERS = 1000;

const seen = new Map<string, SeenKeys>();

const clock = (): number => Date.now() / 1000;

/** Receives a request. Never throws, since n8n would start the workflow with an error then. */
export async function receiveWebhook(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	let memory: RequestMemory | undefined;
	try {
		const settings = await readSettings(context);
		({ memory } = settings);
		const outcome = await receive(context.getRequestObject(), settings);
		if ('event' in outcome) {
			closeWithAnswer(context, memory);
			return { workflowData: [[item(context, outcome)]] };
		}
		memory?.close('unknown');
		send(context, outcome.answer);
		if (outcome.secret === undefined) return { noWebhookResponse: true };
		return { noWebhookResponse: true, workflowData: [[{ json: { type: 'handshake', secret: outcome.secret } }]] };
	} catch (error) {
		memory?.close('unknown');
		send(context, refusal(error));
		return { noWebhookResponse: true };
	}
}

async function readSettings(context: IWebhookFunctions): Promise<TriggerSettings> {
	const options = context.getNodeParameter('options', {}) as Options;
	const testing = context.getMode() === 'manual';
	const { secrets, verifyToken } = readCredentials(await context.getCredentials('hookwardApi'));
	const sender = readSender(context.getNodeParameter('provider') as string, context.getNodeParameter('scheme', ''));
	const kept = context.getWorkflowStaticData('node');
	return {
		sender,
		secrets,
		verifyToken,
		url: options.url || undefined,
		tolerance: options.tolerance || undefined,
		acceptLate: options.acceptLate === true && !testing,
		patterns: readPatterns(context.getNodeParameter('events', '') as string),
		memory: testing ? undefined : new RequestMemory(keysOf(context), kept, onDuplicate(context, options), clock),
		takeSecret: secrets.length === 0 ? taker(nameOf(context), kept, testing, clock) : undefined,
		now: clock,
	};
}

/** Dropped where n8n has taken the first one in; where the sender waits for the run, the first may have failed. */
function onDuplicate(context: IWebhookFunctions, { duplicates = 'auto' }: Options): OnDuplicate {
	if (duplicates !== 'auto') return duplicates;
	return context.getNodeParameter('responseMode', 'onReceived') === 'onReceived' ? 'drop' : 'mark';
}

/** What stands for the trigger in this process. */
function nameOf(context: IWebhookFunctions): string {
	return `${context.getWorkflow().id}/${context.getNode().id}`;
}

function keysOf(context: IWebhookFunctions): SeenKeys {
	const name = nameOf(context);
	const keys = seen.get(name) ?? new SeenKeys();
	// The trigger that was used last goes last, and so is dropped last.
	seen.delete(name);
	seen.set(name, keys);
	for (const [oldest] of seen) {
		if (seen.size <= MOST_TRIGGERS) break;
		seen.delete(oldest);
	}
	return keys;
}

/** Until n8n has answered, it can still fail to start the workflow. */
function closeWithAnswer(context: IWebhookFunctions, memory: RequestMemory | undefined): void {
	if (memory === undefined) return;
	const response = context.getResponseObject();
	const waits = context.getNodeParameter('responseMode', 'onReceived') !== 'onReceived';
	const close = (): void => memory.close(outcome(response, waits));
	if (response.destroyed) close();
	else response.once('close', close);
}

/** What an answer says of the run. `waits`: whether it comes after the run, and not before it. */
function outcome({ writableFinished, statusCode }: ReturnType<IWebhookFunctions['getResponseObject']>, waits: boolean): Outcome {
	// n8n stores nothing of a run before its end: a sender that does not wait for that must not start another.
	if (!writableFinished) return waits ? 'started' : 'unknown';
	if (waits) return statusCode < 500 ? 'started' : 'failed';
	return statusCode >= 200 && statusCode < 300 ? 'started' : 'unknown';
}

function item(context: IWebhookFunctions, { event, duplicate, body }: Started): INodeExecutionData {
	const { rawBody, binaryPropertyName } = context.getNodeParameter('options', {}) as Options;
	const request = context.getRequestObject();
	const json = eventJson(event, { duplicate, headers: { ...request.headers } }) as IDataObject;
	if (!rawBody) return { json };
	const data = Buffer.from(body).toString(BINARY_ENCODING);
	const mimeType = request.headers['content-type'] ?? 'application/octet-stream';
	return { json, binary: { [binaryPropertyName || 'data']: { data, mimeType } } };
}

function send(context: IWebhookFunctions, { status, headers, body, error }: Answer): void {
	if (error) log(context, known(error));
	const response = context.getResponseObject();
	response.status(status).set({ ...headers }).end(body);
}

/** What is the sender's doing is worth a line when somebody looks for it; the rest is for the owner to mend. */
function log({ logger }: IWebhookFunctions, { status, code, message, cause }: ReturnType<typeof known>): void {
	const line = `Hookward Trigger: ${code}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
	if (status === 500) logger.error(line);
	else logger.debug(line);
}
