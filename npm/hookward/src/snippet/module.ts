// The module in a pasted snippet: as small as text can hold it, and nothing of the host's.

import { inflate } from "./inflate.js";

// Replaced when a snippet is made: the module, deflated, in base64, and how many bytes it has.
declare const HOOKWARD_DEFLATED: string;
declare const HOOKWARD_BYTES: number;

// Every browser and server has it; the language's own types do not.
declare function atob(text: string): string;

let module: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const text = atob(HOOKWARD_DEFLATED);
  const deflated = Uint8Array.from(text, (_, at) => text.charCodeAt(at));
  return new WebAssembly.Module(inflate(deflated, HOOKWARD_BYTES));
}

export const wasmModule = (): WebAssembly.Module => (module ??= compile());

export const hostHash = (): undefined => undefined;
