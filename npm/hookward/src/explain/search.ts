// The search for what makes the signature match: one fault undone at a time, then two, then three.

import { addressVariants, type AddressVariant } from "./address.js";
import { bodyVariants, plainVariants, type BodyVariant } from "./bodies.js";
import type { Catalog } from "./catalog.js";
import type { Repair } from "./finding.js";
import { fragment } from "./fragments.js";
import { headerVariants, type HeaderVariant } from "./headers.js";
import type { Attempt, Prober } from "./probe.js";
import type { Pair } from "./read-headers.js";
import type { Request, Target } from "./request.js";
import { secretVariants, type SecretVariant } from "./secrets.js";
import { shapeOf } from "./shape.js";

/** What matched, and what had to be undone for it. */
export interface Found {
  /** With the one secret that matches. */
  readonly attempt: Attempt;
  readonly repairs: readonly Repair[];
}

/** A place on each axis; what is not named is as it was given. */
interface Place {
  readonly target?: Target;
  /** What makes it another target, where that is not another provider. */
  readonly repair?: Repair;
  readonly headers?: HeaderVariant;
  readonly body?: BodyVariant;
  readonly address?: AddressVariant;
  /** Tried all at once. */
  readonly secrets?: readonly SecretVariant[];
}

/** How many bytes may be hashed for one variation, in bytes of bodies times secrets. */
const COMBINED_BYTES = 2 * 1024 * 1024;

/** Up to this size, in bytes, all variations of a body are kept and combined with other faults. */
const KEPT_BYTES = 32 * 1024;

export class Search {
  readonly #code: string;
  readonly #prober: Prober;
  readonly #request: Request;
  readonly #catalog: Catalog;
  readonly #given: readonly SecretVariant[];
  readonly #others: readonly SecretVariant[];
  readonly #rewritten: readonly SecretVariant[];
  #kept: readonly BodyVariant[] | undefined;

  /** `code` is the refusal's. */
  constructor(prober: Prober, request: Request, catalog: Catalog, code: string) {
    this.#code = code;
    this.#prober = prober;
    this.#request = request;
    this.#catalog = catalog;
    const { secrets, candidates } = request;
    this.#given = secrets.map((text): SecretVariant => ({ text, repairs: [] }));
    this.#others = candidates.filter((text) => !secrets.includes(text)).map((text) => ({
      text,
      repairs: [{
        kind: "secret_other",
        evidence: `The request is signed with candidates[${candidates.indexOf(text)}], not with ${secrets.length > 1 ? "any of the secrets" : "the secret"} given.`,
      }],
    }));
    this.#rewritten = unique([...this.#given, ...this.#others].flatMap(({ text, repairs }) =>
      secretVariants(text).map((variant) => ({ text: variant.text, repairs: [...repairs, ...variant.repairs] })),
    ));
  }

  /** The nearest variation that matches. */
  run(): Found | undefined {
    const { target, secrets, candidates, body, circumstances, pairs } = this.#request;
    // Without a secret nothing can match.
    if ([...secrets, ...candidates].every((text) => text === "")) return undefined;
    const headers = this.#headers(target);
    const mended = headers.filter(({ guess }) => !guess);
    const addresses = shapeOf(target)?.signsTarget ? addressVariants(circumstances, pairs) : [];
    const readable = this.#catalog.others(target).filter((other) => this.#prober.readable({ target: other, pairs, circumstances }));
    // Of a large body each secret costs much: then only the nearest are tried along with something else.
    const some = [...this.#others, ...this.#rewritten].slice(0, Math.max(4, Math.floor(COMBINED_BYTES / (body.length + 1))));

    return (
      this.#try({})
      ?? this.#try({ secrets: this.#others })
      ?? this.#swapped()
      ?? this.#orSecret(this.#first(readable, (other) => this.#try({ target: other })))
      ?? this.#first(headers, (one) => this.#try({ headers: one }))
      ?? this.#try({ secrets: this.#rewritten })
      ?? this.#first(this.#catalog.keyForms(target), (other) => this.#try(other))
      ?? this.#first(addresses, (address) => this.#try({ address }))
      ?? this.#bodies({})
      ?? this.#fragments(target, [{ pairs, repairs: [] }, ...headers])
      // Two at a time.
      ?? this.#first(headers, (one) => this.#try({ headers: one, secrets: some }))
      ?? this.#first(readable, (other) => this.#try({ target: other, secrets: some }))
      ?? this.#first(this.#catalog.others(target), (other) =>
        this.#first(this.#headers(other), (one) => this.#try({ target: other, headers: one })))
      ?? this.#first(addresses, (address) => this.#try({ address, secrets: some }))
      ?? this.#first(mended, (one) => this.#bodies({ headers: one }, () => this.#most()))
      ?? this.#first(addresses, (address) => this.#bodies({ address }, () => this.#plain()))
      ?? this.#first(readable, (other) => this.#bodies({ target: other }, () => this.#most()))
      ?? this.#bodies({ secrets: some }, () => this.#most())
      // Three at a time, of the most frequent.
      ?? this.#first(mended, (one) => this.#bodies({ headers: one, secrets: some }, () => this.#plain()))
      ?? this.#first(readable, (other) => this.#bodies({ target: other, secrets: some }, () => this.#plain()))
    );
  }

  /** The first that matches, unless the search has cost too much already. */
  #first<T>(list: Iterable<T>, attempt: (one: T) => Found | undefined): Found | undefined {
    for (const one of list) {
      const found = attempt(one);
      if (found || this.#prober.exhausted) return found;
    }
    return undefined;
  }

  /** Tries a place with the variations of the body, which are only written if one of them could match. */
  #bodies(place: Omit<Place, "body">, variants = () => this.#all()): Found | undefined {
    if (this.#open(place).secrets.length === 0) return undefined;
    return this.#first(variants(), (body) => this.#try({ ...place, body }));
  }

  /** Every variation of the body. Those of a small one are kept. */
  *#all(): Generator<BodyVariant> {
    if (this.#kept) return yield* this.#kept;
    const { body } = this.#request;
    const kept: BodyVariant[] = [];
    for (const one of bodyVariants(body, this.#type())) {
      this.#prober.charge(one.bytes.length);
      if (body.length <= KEPT_BYTES) kept.push(one);
      yield one;
    }
    if (body.length <= KEPT_BYTES) this.#kept = kept;
  }

  /** The variations to try along with another fault: of a large body, the nearest. */
  *#most(): Generator<BodyVariant> {
    yield* this.#request.body.length <= KEPT_BYTES ? this.#all() : this.#plain();
  }

  /** The nearest variations. */
  *#plain(): Generator<BodyVariant> {
    for (const one of plainVariants(this.#request.body)) {
      this.#prober.charge(one.bytes.length);
      yield one;
    }
  }

  /** What verify is called with at a place: without secrets, if its headers cannot be read. */
  #open({ target = this.#request.target, headers, address, secrets = this.#given }: Place) {
    const circumstances = address?.circumstances ?? this.#request.circumstances;
    const pairs = headers?.pairs ?? this.#request.pairs;
    const readable = this.#prober.readable({ target, pairs, circumstances });
    const usable = readable ? secrets.filter(({ text }) => this.#prober.usable(target, text, circumstances)) : [];
    return { target, pairs, circumstances, secrets: usable };
  }

  #try(place: Place): Found | undefined {
    const { headers, address, body } = place;
    const { secrets: usable, ...open } = this.#open(place);
    const { target, pairs } = open;
    const attempt = { ...open, body: body?.bytes ?? this.#request.body };
    const at = this.#prober.match({ ...attempt, secrets: usable.map(({ text }) => text) });
    if (at === undefined) return undefined;
    const matched = usable[at] as SecretVariant;
    const repairs = [
      ...(target === this.#request.target ? [] : [place.repair ?? this.#wrongProvider(target, pairs, body, matched)]),
      ...matched.repairs,
      ...(headers?.repairs ?? []),
      ...(address?.repairs ?? []),
      ...(body?.repairs ?? []),
    ];
    return { attempt: { ...attempt, secrets: [matched.text] }, repairs };
  }

  /** Another provider may differ in the form of its secrets only: then it may be the secret as well. */
  #orSecret(found: Found | undefined): Found | undefined {
    const other = found && this.#try({ secrets: this.#rewritten });
    const [wrong] = found?.repairs ?? [];
    if (found === undefined || other === undefined || wrong === undefined) return found;
    const given = this.#catalog.nameOf(this.#request.target);
    const fix = `${wrong.fix ?? "Set `provider` to the one that sends."} If it is ${given} that sends: ${other.repairs.map(({ evidence }) => evidence).join(" ")}`;
    return { ...found, repairs: [{ ...wrong, fix }] };
  }

  #wrongProvider(target: Target, pairs: readonly Pair[], body: BodyVariant | undefined, { text }: SecretVariant): Repair {
    const attempt = { pairs, body: body?.bytes ?? this.#request.body, secrets: [text], circumstances: this.#request.circumstances };
    const matching = this.#catalog.others(this.#request.target).filter((other) =>
      this.#prober.usable(other, text, attempt.circumstances) && this.#prober.match({ ...attempt, target: other }) === 0,
    );
    const names = (matching.length > 0 ? matching : [target]).flatMap((one) => this.#catalog.alike(one));
    const given = this.#catalog.nameOf(this.#request.target);
    return {
      kind: "provider_wrong",
      evidence: `The request is not signed as ${given} signs, but as ${names.join(", ")} ${names.length > 1 ? "do" : "does"}.`,
      ...(names.length === 1 ? { fix: `Set \`provider\` to ${names[0]}.` } : {}),
    };
  }

  /** The secret in the place of the signature, and the other way round. */
  #swapped(): Found | undefined {
    const shape = shapeOf(this.#request.target);
    if (shape === undefined) return undefined;
    const { pairs } = this.#request;
    const isSignature = (name: string) => name.toLowerCase() === shape.signature.toLowerCase();
    const value = pairs.find(([name]) => isSignature(name))?.[1];
    if (value === undefined) return undefined;
    for (const { text } of this.#given) {
      const swapped = pairs.map(([name, one]): Pair => (isSignature(name) ? [name, text.trim()] : [name, one]));
      const repair: Repair = { kind: "secret_swapped", evidence: `The secret given is the signature, and ${shape.signature} holds the secret.` };
      const found = this.#try({ headers: { pairs: swapped, repairs: [repair] }, secrets: [{ text: value, repairs: [] }] });
      if (found) return found;
    }
    return undefined;
  }

  #fragments(target: Target, headers: readonly HeaderVariant[]): Found | undefined {
    const shape = shapeOf(target);
    if (shape === undefined) return undefined;
    const { body, circumstances } = this.#request;
    for (const { text, repairs: ofSecret } of [...this.#given, ...this.#others, ...this.#rewritten]) {
      if (!this.#prober.usable(target, text, circumstances)) continue;
      for (const { pairs, repairs } of headers) {
        const attempt = { target, pairs, body, secrets: [text], circumstances };
        const found = fragment(this.#prober, attempt, shape, this.#code, this.#catalog);
        if (found) return { attempt, repairs: [...ofSecret, ...repairs, found] };
      }
    }
    return undefined;
  }

  #headers(target: Target): HeaderVariant[] {
    const shape = shapeOf(target);
    const names = [...new Set([...this.#catalog.headersOf(target), ...(shape?.names ?? [])])];
    const { circumstances } = this.#request;
    return headerVariants(this.#request.pairs, names, shape).filter(({ pairs }) => this.#prober.readable({ target, pairs, circumstances }));
  }

  #type(): string {
    return this.#request.pairs.find(([name]) => name.toLowerCase() === "content-type")?.[1].toLowerCase() ?? "";
  }
}

function unique(variants: readonly SecretVariant[]): SecretVariant[] {
  const seen = new Set<string>();
  return variants.filter(({ text }) => !seen.has(text) && seen.add(text));
}
