// The core's receiver gives a store a few seconds to answer. The store of these nodes is in memory and
// answers at once, and community nodes have no timers: so none is ever set.

export const setTimeout = () => undefined;
export const clearTimeout = () => undefined;
