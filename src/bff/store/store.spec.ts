import { describe, expect, test } from 'vitest';
import { freshStore } from '../testing/database.ts';

describe('a database that answers', () => {
  const fresh = freshStore();

  test('is ready', async () => {
    await expect(fresh.store.ping()).resolves.toBeUndefined();
  });
});
