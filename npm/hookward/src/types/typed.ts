import type { WebhookEvent } from "../event.js";

/** An event of a type that the provider documents, with the data that it documents for it. */
export interface ListedEvent<Type extends string, Data> extends WebhookEvent<Data> {
  readonly type: Type;
}

/** An event of any other type, or of none: providers add some without notice. */
export interface UnlistedEvent extends WebhookEvent<unknown> {
  readonly type: UnlistedType | undefined;
}

/**
 * The text of a type that is not listed. Any text, to TypeScript too; but a member of an enumeration,
 * because an arm with `string` in a union would stay in it whatever `event.type` is compared with, and
 * nothing would be narrowed. To compare it: `const type: string | undefined = event.type`.
 */
export declare enum UnlistedType {
  type = "any text",
}

/** The union of a provider's events: `event.type` narrows `event.data`. */
export type EventUnion<Types> = { [Type in keyof Types & string]: ListedEvent<Type, Types[Type]> }[keyof Types & string] | UnlistedEvent;

/** Data of which only a part is documented, or nothing. */
export interface OtherFields {
  readonly [field: string]: unknown;
}
