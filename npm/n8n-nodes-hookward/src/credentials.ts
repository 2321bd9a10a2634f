/** What the credential holds. */
export interface Credentials {
	readonly secrets: string[];
	readonly verifyToken: string | undefined;
}

/**
 * Reads the credential: the current secret, and the previous one during a rotation. They are taken as
 * they stand, because a space can be part of a secret; an empty field is none.
 */
export function readCredentials(fields: Record<string, unknown>): Credentials {
	const [current, previous, verifyToken] = ['secret', 'previousSecret', 'verifyToken'].map((name) => {
		const value = fields[name];
		return typeof value === 'string' && value !== '' ? value : undefined;
	});
	return { secrets: [current, previous].filter((secret) => secret !== undefined), verifyToken };
}

/** What is wrong with a credential at sight; nothing if it can be used. */
export function credentialFault(fields: Record<string, unknown>): string | undefined {
	const { secrets } = readCredentials(fields);
	if (secrets.length === 0) return 'Enter the signing secret that your provider shows';
	if (typeof fields['secret'] !== 'string' || fields['secret'] === '') {
		return 'Enter the current secret in the first field; the second is for the one before it';
	}
	if (secrets.some((secret) => secret.trim() !== secret)) {
		return 'A secret begins or ends with a space or a line end, which is mostly an accident of copying';
	}
	return undefined;
}
