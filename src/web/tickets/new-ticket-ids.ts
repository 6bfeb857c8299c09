/** The `id` of the control for a field; `path` is the field's dotted path, such as `contact.email`. */
export const controlID = (path: string) => `ticket-${path.replace('.', '-')}`;
