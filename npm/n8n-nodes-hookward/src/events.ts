/** What stands for every event, those without a type included. */
const ALL = '*';

/** The types that were typed into the node: parted by commas or line ends. Nothing means all. */
export function readPatterns(typed: string): readonly string[] {
	const patterns = typed.split(/[,\n]/).map((one) => one.trim()).filter((one) => one !== '');
	return patterns.length === 0 ? [ALL] : patterns;
}

/** Whether an event of this type is wanted. `post.*` stands for every type that begins with `post.`. */
export function isWanted(patterns: readonly string[], type: string | undefined): boolean {
	return patterns.some((pattern) => {
		if (pattern === ALL) return true;
		if (type === undefined) return false;
		if (!pattern.endsWith('.*')) return pattern === type;
		const start = pattern.slice(0, -1);
		return type.startsWith(start) && type.length > start.length;
	});
}
