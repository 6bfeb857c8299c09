import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { schemaResolver } from './schema-resolver.ts';

const schema = z.object({
  title: z.string('Enter a title.').check(z.trim(), z.minLength(1, 'Enter a title.')),
  contact: z.object({
    email: z.string('Enter an address.').check(z.minLength(3, 'Too short.'), z.regex(/@/, 'No @.')),
  }),
});
const options = { fields: {}, shouldUseNativeValidation: false };
const resolve = schemaResolver(schema, (values: z.infer<typeof schema>) => ({
  title: values.title === 'no' ? 'Say more.' : undefined,
}));

test('what passes comes back checked and trimmed', async () => {
  expect(await resolve({ title: ' Hello ', contact: { email: 'a@b' } }, undefined, options)).toEqual({
    values: { title: 'Hello', contact: { email: 'a@b' } },
    errors: {},
  });
});

test('each input gets the first sentence about it, at its path', async () => {
  const { errors } = await resolve({ title: '', contact: { email: 'a' } }, undefined, options);
  expect(errors).toEqual({
    title: { type: 'check', message: 'Enter a title.' },
    contact: { email: { type: 'check', message: 'Too short.' } },
  });
});

test('what the schema says of an input comes before what is added', async () => {
  const both = schemaResolver(schema, () => ({ title: 'Say more.' }));
  const { errors } = await both({ title: '', contact: { email: 'a@b' } }, undefined, options);
  expect(errors).toEqual({ title: { type: 'check', message: 'Enter a title.' } });
});

test('what the schema cannot say is added, and alone is enough to refuse', async () => {
  const { values, errors } = await resolve({ title: 'no', contact: { email: 'a@b' } }, undefined, options);
  expect(values).toEqual({});
  expect(errors).toEqual({ title: { type: 'check', message: 'Say more.' } });
});
