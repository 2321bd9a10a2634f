import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { credentialFault } from '../../src/credentials';

/** No provider can be asked whether a signing secret is right: what can be seen is told. */
export async function secretIsThere(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const fault = credentialFault(credential.data ?? {});
	if (fault !== undefined) return { status: 'Error', message: fault };
	return { status: 'OK', message: 'The secret is there. Whether it is the right one, the first delivery shows.' };
}
