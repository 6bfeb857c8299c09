// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mount } from '../testing/mount.tsx';
import { standInWords } from '../words/stand-ins.ts';
import { SignInFailedPage } from './sign-in-failed-page.tsx';
import { SignInPage } from './sign-in-page.tsx';

const { cookies } = standInWords.signIn;

let unmount: (() => Promise<void>) | undefined;
beforeEach(() => void vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true));
afterEach(async () => {
  await unmount?.();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

for (const { where, page } of [
  { where: 'before signing in', page: <SignInPage expired={false} /> },
  { where: 'when the session is gone', page: <SignInPage expired /> },
  { where: 'when a sign-in has failed', page: <SignInFailedPage /> },
])
  test(`whose browser blocks cookies is told ${where}, and nobody else`, async () => {
    unmount = await mount(new QueryClient(), page);
    expect(document.body.textContent).not.toContain(cookies);
    await unmount();
    vi.spyOn(navigator, 'cookieEnabled', 'get').mockReturnValue(false);
    unmount = await mount(new QueryClient(), page);
    expect(document.body.textContent).toContain(cookies);
  });
