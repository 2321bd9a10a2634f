// Texts and bytes. Written out, because not every runtime has all of atob, Buffer and the older charsets.

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** The text that these bytes are in UTF-8, its BOM included; `undefined` if they are none. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** A character for each byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** A byte for each character; `undefined` if one is not in Latin-1. */
export function latin1Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 255) return undefined;
    bytes[at] = unit;
  }
  return bytes;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) text += BASE64.charAt((three >> shift) & 63);
  }
  const over = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - over) + "=".repeat(over);
}

/** Decodes base64 in the standard alphabet or the URL's, padded or not; `undefined` if it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/={0,2}$/, "").replaceAll("-", "+").replaceAll("_", "/");
  if (bare.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(bare)) return undefined;
  const bytes = new Uint8Array(Math.floor((bare.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let length = 0;
  for (let at = 0; at < bare.length; at++) {
    bits = ((bits & 0xffff) << 6) | sextet(bare.charCodeAt(at));
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[length++] = (bits >> held) & 255;
    }
  }
  return bytes;
}

function sextet(unit: number): number {
  if (unit >= 97) return unit - 71;
  if (unit >= 65) return unit - 65;
  if (unit >= 48) return unit + 4;
  return unit === 43 ? 62 : 63;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Decodes hex; `undefined` if it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length === 0 || text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
