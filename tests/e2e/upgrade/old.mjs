// What the older gateway was run with. Nothing but the tests has ever used these keys.

export const MASTER_KEY = "dGhlIG1hc3RlciBrZXkgb2YgYW4gb2xkIGdhdGV3YXk=";
export const ADMIN_TOKEN = "the-admin-token-of-an-old-gateway-0123456789";

/** The address is part of what was sealed, and one that nothing else listens on. */
export const RECEIVER = { host: "127.93.41.7", port: 39_471 };

/** The ids of the events that the first source was sent. */
export const EVENTS = ["one", "two", "three"];
