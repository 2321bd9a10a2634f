// The core, and the only file that imports it: scripts/bundle.mjs puts it in place of this import, so
// that the package has no runtime dependencies and both nodes share one copy.

export { customScheme, HookwardError, providers, Receiver, sign, verify } from 'hookward/portable';
export type {
	Answer,
	Claim,
	CustomScheme,
	ReceiverOptions,
	RequestHeaders,
	SchemeOptions,
	SignOptions,
	Store,
	VerifyOptions,
	WebhookEvent,
} from 'hookward/portable';
