// Bodies around what a schema allows: from one that is right, each differing in one place.

/** Values that are seldom right. */
const ODD = [null, true, -1, 0.5, 2 ** 53, "", "x", "\u0000", "é".repeat(300), "x".repeat(5_000), [], [[]], {}, { x: 1 }];

/** Bodies made from `body`: each field left out, and each, at any depth, made something odd. */
export function* around(body) {
  yield { ...body, unknown_field: 1 };
  for (const name of Object.keys(body)) {
    const { [name]: _, ...rest } = body;
    yield rest;
  }
  for (const place of places(body)) {
    for (const odd of ODD) yield put(body, place, odd);
  }
}

function* places(value, place = []) {
  if (place.length > 0) yield place;
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* places(inner, [...place, name]);
}

function put(value, [name, ...rest], odd) {
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[name] = rest.length > 0 ? put(value[name], rest, odd) : odd;
  return copy;
}
