// Bodies that were read in another charset than they were written in, and the way back.

import { latin1Bytes, latin1Text, textOf, utf8 } from "./bytes.js";

/** What Windows-1252 has at 0x80 to 0x9f. */
const WINDOWS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

function windowsText(bytes: Uint8Array): string {
  return latin1Text(bytes).replace(/[\x80-\x9f]/g, (one) => WINDOWS.charAt(one.charCodeAt(0) - 0x80));
}

function windowsBytes(text: string): Uint8Array | undefined {
  return latin1Bytes(
    text.replace(/[^\x00-\xff]/g, (one) => {
      const at = WINDOWS.indexOf(one);
      return at < 0 ? one : String.fromCharCode(0x80 + at);
    }),
  );
}

/** UTF-16 in either order of bytes; `undefined` for what cannot be it. */
function utf16Text(bytes: Uint8Array, littleEndian: boolean): string | undefined {
  if (bytes.length % 2 !== 0 || bytes.length === 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) text += String.fromCharCode(view.getUint16(at, littleEndian));
  return text;
}

function utf16Bytes(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  return bytes;
}

export interface Reading {
  readonly what: string;
  readonly bytes: Uint8Array | undefined;
}

/** The body before it was read in the wrong charset. */
export function* charsets(bytes: Uint8Array): Generator<Reading> {
  const text = textOf(bytes);
  if (text === undefined) {
    yield { what: "The body is in Latin-1 or Windows-1252 and was signed in UTF-8", bytes: utf8(windowsText(bytes)) };
    yield { what: "The body is in Latin-1 and was signed in UTF-8", bytes: utf8(latin1Text(bytes)) };
  } else if (/[^\x00-\x7f]/.test(text)) {
    yield { what: "The body was read as Latin-1, and its letters written in UTF-8 again", bytes: latin1Bytes(text) };
    yield { what: "The body was read as Windows-1252, and its letters written in UTF-8 again", bytes: windowsBytes(text) };
    yield { what: "The body's letters were composed", bytes: utf8(text.normalize("NFD")) };
    yield { what: "The body's letters were decomposed", bytes: utf8(text.normalize("NFC")) };
  }
  // Half of UTF-16 is zeros where the text is mostly ASCII.
  const zeros = bytes.reduce((sum, byte) => sum + Number(byte === 0), 0);
  if (zeros > bytes.length / 4) {
    for (const little of [true, false]) {
      const read = utf16Text(bytes, little);
      if (read !== undefined) {
        yield { what: "The body is in UTF-16 and was signed in UTF-8", bytes: utf8(read.replace(/^\ufeff/, "")) };
      }
    }
  }
  if (text !== undefined) {
    for (const little of [true, false]) {
      yield { what: "The body was signed in UTF-16", bytes: utf16Bytes(text, little) };
      yield { what: "The body was signed in UTF-16 with a BOM", bytes: utf16Bytes(`\ufeff${text}`, little) };
    }
  }
}
