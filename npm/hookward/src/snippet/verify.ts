// What a pasted snippet holds of the package: `verify`, for one provider.

import { verify } from "../verify.js";

// Left to the lines around the bundle: it has no exports, since the helper that bundlers make them with
// calls Object.defineProperty, which does nothing in n8n's sandbox.
declare let hookward: typeof verify;

hookward = verify;
