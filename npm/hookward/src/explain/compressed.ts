// Compressed bodies, where the runtime has a synchronous way to read them: Node, and what is like it.

interface Zlib {
  gunzipSync(bytes: Uint8Array, options: Options): Uint8Array;
  inflateSync(bytes: Uint8Array, options: Options): Uint8Array;
  inflateRawSync(bytes: Uint8Array, options: Options): Uint8Array;
  brotliDecompressSync(bytes: Uint8Array, options: Options): Uint8Array;
  gzipSync(bytes: Uint8Array, options: { level: number }): Uint8Array;
}

interface Options {
  maxOutputLength: number;
}

export interface Compressed {
  readonly format: string;
  readonly bytes: Uint8Array;
}

/** The cap on a body: more than that is no body that verify takes. */
const MOST = { maxOutputLength: 1024 * 1024 };

function zlib(): Zlib | undefined {
  try {
    const { process } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
    return process?.getBuiltinModule?.("node:zlib") as Zlib | undefined;
  } catch {
    return undefined;
  }
}

/** Whether these bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** What is in a compressed body. */
export function* uncompress(bytes: Uint8Array): Generator<Compressed> {
  // No text of JSON or of a form begins with such a byte.
  const first = bytes[0] ?? 0x20;
  if (first >= 0x20 && first < 0x7f && first !== 0x78) return;
  const host = zlib();
  if (host === undefined) return;
  const formats: [string, (bytes: Uint8Array, options: Options) => Uint8Array][] = isGzip(bytes)
    ? [["gzip", host.gunzipSync]]
    : [["deflate", host.inflateSync], ["raw deflate", host.inflateRawSync], ["brotli", host.brotliDecompressSync]];
  for (const [format, read] of formats) {
    try {
      yield { format, bytes: read(bytes, MOST) };
    } catch {
      // Not of that format, or too large.
    }
  }
}

/** The gzip forms that a body may have had: the same content compresses to other bytes elsewhere, so these are a few of many. */
export function* compress(bytes: Uint8Array): Generator<Compressed> {
  const host = bytes.length > 0 && bytes.length <= 262_144 ? zlib() : undefined;
  if (host === undefined) return;
  for (const level of [6, 9, 1]) {
    const packed = host.gzipSync(bytes, { level });
    yield { format: "gzip", bytes: packed };
    // The byte that names the system, which differs by the program that compressed.
    for (const system of [0, 3, 255]) {
      if (packed[9] === system) continue;
      const other = packed.slice();
      other[9] = system;
      yield { format: "gzip", bytes: other };
    }
  }
}
