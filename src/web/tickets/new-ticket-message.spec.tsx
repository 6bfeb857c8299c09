// @vitest-environment happy-dom
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { expect, test, vi } from 'vitest';
import { MessageField } from './new-ticket-message.tsx';

const editor = vi.hoisted(() => ({ type: (_html: string): void => undefined }));
vi.mock('../composer/composer.tsx', () => ({
  Composer({ onChange }: { onChange: (html: string) => void }) {
    editor.type = onChange;
    return null;
  },
}));

setFlagsFromString('--expose-gc');
const collect = (): void => runInNewContext('gc')();
const heldMB = () => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};

test('while somebody types for long, the versions of the message are not kept', async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  const root = createRoot(document.createElement('div'));
  await act(() =>
    root.render(
      <MessageField
        ref={null}
        error={undefined}
        onChange={undefined}
        onSubmitShortcut={vi.fn()}
        fullness={null}
        shortcuts={null}
      >
        {null}
      </MessageField>,
    ),
  );
  const before = heldMB();
  for (let version = 0; version < 100; version += 1)
    await act(() => editor.type(Buffer.alloc(1e6, `version ${version} `).toString('latin1')));
  expect(heldMB() - before).toBeLessThan(20);
  await act(() => root.unmount());
});
