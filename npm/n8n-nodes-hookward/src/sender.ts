import { customScheme, HookwardError, providers, type CustomScheme, type SchemeOptions } from './hookward';

/** What the list of providers calls a scheme of one's own. No provider's id has a space or a colon. */
export const OWN_SCHEME = 'own:scheme';

/** Who sends: one of the two, as the core takes it. */
export type Sender = { readonly provider: string } | { readonly scheme: CustomScheme };

/** Every provider of the catalogue by name, and one's own scheme. */
export function senderChoices(): Array<{ name: string; value: string }> {
	const known = providers().map(({ id, name }) => ({ name, value: id }));
	known.sort((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
	return [...known, { name: 'Your Own Scheme', value: OWN_SCHEME }];
}

/** Reads who sends from what was chosen, and for a scheme of one's own from its JSON. */
export function readSender(provider: string, scheme: unknown): Sender {
	return provider === OWN_SCHEME ? { scheme: customScheme(readScheme(scheme)) } : { provider };
}

/** JSON that somebody typed; nothing if it is none. */
export function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function readScheme(scheme: unknown): SchemeOptions {
	const read = typeof scheme === 'string' ? parsed(scheme) : scheme;
	if (typeof read === 'object' && read !== null) return read as SchemeOptions;
	throw new HookwardError('invalid_scheme', 'the scheme must be a JSON object');
}

/** How far a signed time may be from now unless something else is said, in seconds. */
export function usualTolerance(sender: Sender): number | undefined {
	if ('scheme' in sender) return sender.scheme.tolerance;
	return providers().find(({ id }) => id === sender.provider)?.tolerance;
}
