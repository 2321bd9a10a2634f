import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

export class HookwardApi implements ICredentialType {
	name = 'hookwardApi';

	displayName = 'Hookward Webhook Secret API';

	icon: Icon = { light: 'file:../icons/hookward.svg', dark: 'file:../icons/hookward.dark.svg' };

	documentationUrl = 'https://github.com/hookward/hookward/blob/main/npm/n8n-nodes-hookward/README.md#the-credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Signing Secret',
			name: 'secret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'whsec_…',
			description: 'The secret that the provider shows beside the webhook, whole and as it stands there',
		},
		{
			displayName: 'Previous Signing Secret',
			name: 'previousSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'While you change the secret: the one before. Deliveries signed with either are accepted. Empty it when the provider has stopped using it.',
		},
		{
			displayName: 'Verify Token',
			name: 'verifyToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Only for Meta (Facebook, Instagram, WhatsApp): what you typed into its form beside the URL',
		},
	];
}
