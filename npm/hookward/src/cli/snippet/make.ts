// The recipe for a scenario in Make: no code, only its own modules and formulas.
//
// The functions: https://help.make.com/functions. The webhook: https://apps.make.com/gateway.

import { formula, NoFormula, OPERATORS, SECRET, type Condition, type Filter, type Formula } from "./formula.js";
import { notesOn, type Subject } from "./subject.js";

export interface Recipe {
  readonly text: string;
  readonly notes: readonly string[];
  /** What the secret begins with that is left out in the formulas. */
  readonly keyPrefix: string;
  /** As Make has them in a blueprint: `a`, `o` and `b` of each condition, and groups of them joined by "or". */
  readonly filters: readonly { readonly behind: number; readonly conditions: Filter }[];
}

/** Below this a scenario may start too late. */
const SOON_S = 60;

/** The recipe; or why there is none. */
export function recipe(about: Subject): Recipe | { readonly none: string } {
  let made: Formula;
  try {
    made = formula(about);
  } catch (error) {
    if (error instanceof NoFormula) return { none: error.message };
    throw error;
  }
  const { signature, time } = made;
  const filters = [{ behind: 1, conditions: signature }, ...(time === undefined ? [] : [{ behind: 2, conditions: time }])];
  return { text: text(about, made), notes: [...notesOn(about), ...late(about)], keyPrefix: made.keyPrefix, filters };
}

function late({ provider, tolerance }: Subject): string[] {
  if (provider.scheme.time === undefined || tolerance >= SOON_S) return [];
  return [`a scenario may start more than ${tolerance} seconds after the delivery, which is then refused: --tolerance ${SOON_S} allows for that`];
}

function text({ provider, url }: Subject, { signature, time, keyPrefix }: Formula): string {
  const { name } = provider;
  return `A filter in Make for webhooks of ${name}. It is not as safe as the gateway in front of Make (docs/make.md in
this package says how to set that up): what it lacks is said at the end.

1. The first module is Webhooks > Custom webhook. In its advanced settings, switch on "Get request headers"
   and "JSON pass-through". ${url === undefined ? `Give its address to ${name}.` : `Its address, as ${name} has it, is ${url}`}
2. The second is JSON > Parse JSON, with {{1.value}} as the JSON string. Whatever follows takes its fields
   from this module: only they were signed.
3. The filter between the two has these conditions${signature.length > 1 ? `. Its ${signature.length} groups are joined by "Or"` : ""}.

${filter(signature)}

   In place of ${SECRET}, write the signing secret${keyPrefix === "" ? "" : `, without the ${keyPrefix} at its beginning`}. Copy the rest as it is, with its braces.
${time === undefined ? "" : `
4. The filter behind the second module has these.

${filter(time)}
`}
${time === undefined ? 4 : 5}. Set the scenario to run immediately as data arrives, and have ${name} send a test event. It must pass the
   filter. If it does not, look at what the webhook module put out: are the names of the headers as above, and
   is the body there, in "value"? If they are, Make has changed the body, and the gateway is the way.

What this filter lacks:
- Make answers the sender with 200 before the filter runs: a refused delivery is not sent again, and counts as
  an operation of yours.
- Make does not promise to hand on the exact bytes, which are what was signed. Bodies that are not JSON do not
  come through at all.
- Text is compared until the first difference, so the time that it takes depends on the secret. That is hard
  to use against a filter in Make, but it is why verifiers compare in constant time.
- An event that comes twice runs the scenario twice. A Data store with the event's id can tell.
- The secret can be read by everybody who may open the scenario. While it is being changed, the filter needs
  a second group with the other secret.`;
}

function filter(groups: Filter): string {
  const one = ({ a, o, b }: Condition) => `   condition  ${a}\n   operator   ${OPERATORS[o]}\n   value      ${b}`;
  return groups.map((group) => group.map(one).join("\n   and\n")).join("\n   or\n");
}
