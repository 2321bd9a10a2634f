// A delivery judged as a user would: by the npm package as built in npm/hookward.

import { verify } from "../../npm/hookward/dist/index.js";

/** "ok", or the code of the package's refusal. */
export function checkNpm(secret, { headers, body }) {
  try {
    verify({ provider: "standard-webhooks", secret, headers, body });
    return "ok";
  } catch (error) {
    return error.code ?? String(error);
  }
}
