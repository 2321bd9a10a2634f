// A request as n8n hands it on, and what of it the core needs.

import { HookwardError } from './hookward';

/** What is read of a request: Express's, with what n8n's body reader adds. */
export interface IncomingRequest {
	readonly method?: string | undefined;
	readonly url?: string | undefined;
	readonly originalUrl?: string | undefined;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	/** Names and values in turn, as they arrived. */
	readonly rawHeaders?: readonly string[] | undefined;
	/** The bytes of the body, if n8n has read them. */
	readonly rawBody?: unknown;
	/** Has n8n read them. */
	readRawBody?(): Promise<void>;
}

/** Encodings that change the bytes. What else stands there (`utf-8`, of some senders) does not. */
const COMPRESSED = /^(?:(?:x-)?(?:gzip|compress)|deflate|br|zstd)$/;

/**
 * The headers as they arrived: one that is there twice stays twice, and so is refused. In
 * `request.headers` Node has joined some and dropped others.
 */
export function headerPairs({ rawHeaders, headers }: IncomingRequest): Array<[string, string | string[] | undefined]> {
	if (rawHeaders === undefined) return Object.entries(headers);
	const pairs: Array<[string, string]> = [];
	for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
		pairs.push([rawHeaders[at] as string, rawHeaders[at + 1] as string]);
	}
	return pairs;
}

/**
 * The body's bytes. n8n decompresses a compressed body before anybody sees it, and keeps no bytes of a
 * form with files: what was signed cannot be told then.
 *
 * @throws HookwardError `unsupported_encoding` or `body_not_raw`
 */
export async function rawBody(request: IncomingRequest): Promise<Uint8Array> {
	const encoding = request.headers['content-encoding'];
	if (String(encoding ?? '').split(',').some((one) => COMPRESSED.test(one.trim().toLowerCase()))) {
		throw new HookwardError('unsupported_encoding', 'the body came compressed: providers sign and send plain bodies');
	}
	if (request.method === 'GET') return new Uint8Array();
	if (request.rawBody === undefined) await readRawBody(request);
	const { rawBody: bytes } = request;
	if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	throw new HookwardError('body_not_raw', 'n8n kept no raw bytes of this request: it is a form with files, which no provider here sends');
}

/** Of a form with files n8n has read the stream already, and fails. */
async function readRawBody(request: IncomingRequest): Promise<void> {
	await request.readRawBody?.().catch(() => undefined);
}
