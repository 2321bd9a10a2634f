// The code blocks of docs/stores.md, by the names that their first lines give them.

import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../npm/hookward/docs/stores.md", import.meta.url), "utf8");

function blocks(language, comment) {
  const found = page.matchAll(new RegExp(`\`\`\`${language}\\n${comment} test: ([\\w-]+)\\n(.*?)\`\`\``, "gs"));
  return Object.fromEntries([...found].map(([, name, code]) => [name, code]));
}

export const js = blocks("js", "//");
export const sql = blocks("sql", "--");

/** The page's one block of JSON. */
export const [json, ...more] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text);

/** How many blocks there are, tested or not. */
export const count = page.match(/^```\w+$/gm).length;
