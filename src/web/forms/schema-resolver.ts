import { type FieldErrors, type FieldValues, type Resolver, set } from 'react-hook-form';
import * as z from 'zod/mini';

/**
 * A resolver for react-hook-form that checks the values with the schema of the request. Written here because @hookform/resolvers is five
 * times as large.
 * @param schema each input shows the schema's first message about it
 * @param more gives further messages, by dotted path, for what the schema cannot check; the schema's message about an input comes first
 * @returns the resolver: it gives the parsed values, or the errors
 */
export const schemaResolver =
  <Values extends FieldValues, Output>(
    schema: z.ZodMiniType<Output>,
    more: (values: Values) => Record<string, string | undefined> = () => ({}),
  ): Resolver<Values, unknown, Output> =>
  (values) => {
    const parsed = z.safeParse(schema, values);
    const faults = new Map<string, string>();
    for (const { path, message } of parsed.error?.issues ?? []) {
      const name = path.join('.');
      if (!faults.has(name)) faults.set(name, message);
    }
    for (const [name, message] of Object.entries(more(values))) {
      if (message !== undefined && !faults.has(name)) faults.set(name, message);
    }
    if (parsed.success && faults.size === 0) return { values: parsed.data, errors: {} };
    const errors: FieldErrors<Values> = {};
    for (const [name, message] of faults) set(errors, name, { type: 'check', message });
    return { values: {}, errors };
  };
