// Sample events of every provider, in the shape in which it sends them.

import { code } from "./code.js";
import { commerce } from "./commerce.js";
import { posting } from "./posting.js";
import type { Sample, Samples } from "./sample.js";
import { services } from "./services.js";
import { standards } from "./standard.js";

const SAMPLES: Samples = { ...posting, ...standards, ...code, ...commerce, ...services };

/** For a scheme of one's own, and for who has no sample yet. */
const OTHER: Sample = {
  type: "hookward.test",
  body: (type, at) => ({ id: `evt_${at.id}`, type, created: at.iso, created_at: at.iso, data: { text: "Grüße" } }),
};

export const sampleOf = (provider: string): Sample => (Object.hasOwn(SAMPLES, provider) ? (SAMPLES[provider] as Sample) : OTHER);

