/** Joins class names with spaces, leaving out those that are false, undefined or empty. */
export const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(' ');
