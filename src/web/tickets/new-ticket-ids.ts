/** The id of a field's control. */
export const controlID = (path: string) => `ticket-${path.replace('.', '-')}`;
