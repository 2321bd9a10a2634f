// Raw DEFLATE (RFC 1951), for the module in a pasted snippet: n8n's sandbox has no DecompressionStream.
// What it is given was made by us: of anything else it makes bytes that are no module.

/** Codes of a Huffman table: how many there are of each length, and their symbols in order. */
interface Codes {
  readonly counts: number[];
  readonly symbols: number[];
}

/** In which order the lengths of the lengths' own codes come. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function codes(lengths: readonly number[]): Codes {
  const counts = new Array<number>(16).fill(0);
  const symbols: number[] = [];
  for (let length = 1; length < 16; length++) {
    lengths.forEach((one, symbol) => {
      if (one === length) {
        symbols.push(symbol);
        counts[length]!++;
      }
    });
  }
  return { counts, symbols };
}

/** The bytes of blocks with tables of their own, which is what compressing a module makes. */
export function inflate(input: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let bit = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let index = 0; index < count; index++, bit++) value |= ((input[bit >> 3]! >> (bit & 7)) & 1) << index;
    return value;
  };
  const symbol = ({ counts, symbols }: Codes): number => {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      code |= bits(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("the module is damaged");
  };
  /** What the `step`th symbol from `base` on stands for: each `each` of them have one extra bit more. */
  const extended = (step: number, each: number, base: number): number => {
    if (step < 2 * each) return base + step;
    const extra = Math.floor(step / each) - 1;
    return base + ((each + (step % each)) << extra) + bits(extra);
  };
  for (let last = 0; last === 0; ) {
    last = bits(1);
    if (bits(2) !== 2) throw new Error("the module is damaged");
    const [literals, distances, own] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const lengths = new Array<number>(19).fill(0);
    for (let index = 0; index < own; index++) lengths[ORDER[index]!] = bits(3);
    const ofLengths = codes(lengths);
    const all: number[] = [];
    while (all.length < literals + distances) {
      const length = symbol(ofLengths);
      const [value, times] = length < 16 ? [length, 1] : length < 17 ? [all.at(-1)!, bits(2) + 3] : length < 18 ? [0, bits(3) + 3] : [0, bits(7) + 11];
      for (let index = 0; index < times; index++) all.push(value);
    }
    const ofLiterals = codes(all.slice(0, literals));
    const ofDistances = codes(all.slice(literals));
    for (let found = symbol(ofLiterals); found !== 256; found = symbol(ofLiterals)) {
      if (found < 256) {
        output[at++] = found;
        continue;
      }
      let length = found === 285 ? 258 : extended(found - 257, 4, 3);
      const back = extended(symbol(ofDistances), 2, 1);
      for (; length > 0; length--, at++) output[at] = output[at - back]!;
    }
  }
  return output;
}
