import { within } from '../guard/within.ts';
import type { Outcome } from './outcome.ts';

type MintedToken = { token: string; endsAt: number };

/**
 * A cache of access tokens, one for each set of scopes. A token is used until a minute before its end (or a fifth of its life, if that
 * is less). Calls that need the same token at the same time share one request for it.
 * @param mint asks Moov for a token with exactly these scopes (separated by spaces)
 * @param now a clock (ms since 1970)
 */
export function createTokens(mint: (scope: string) => Promise<Outcome<MintedToken>>, now: () => number = Date.now) {
  const kept = new Map<string, MintedToken & { renewAt: number }>();
  const underWay = new Map<string, Promise<Outcome<MintedToken>>>();

  const scopeOf = (scopes: readonly string[]) => [...scopes].sort().join(' ');

  function mintOnce(scope: string): Promise<Outcome<MintedToken>> {
    const minting = mint(scope)
      .then((minted) => {
        if (minted.kind === 'ok') {
          const at = now();
          const life = minted.value.endsAt - at;
          // The tokens stand in the order in which they were minted, and live equally long: those that are over come first.
          kept.delete(scope);
          for (const [key, oldest] of kept) {
            if (oldest.renewAt > at) break;
            kept.delete(key);
          }
          kept.set(scope, { ...minted.value, renewAt: minted.value.endsAt - Math.min(60_000, life * 0.2) });
        }
        return minted;
      })
      .finally(() => underWay.delete(scope));
    underWay.set(scope, minting);
    return minting;
  }

  return {
    /** A token with exactly these scopes; unclear if it does not come within `patienceMs`. The request goes on and its token is cached. */
    async get(scopes: readonly string[], patienceMs: number): Promise<Outcome<MintedToken>> {
      const scope = scopeOf(scopes);
      const token = kept.get(scope);
      if (token !== undefined && token.renewAt > now()) return { kind: 'ok', value: token };
      const minting = underWay.get(scope) ?? mintOnce(scope);
      return (await within(patienceMs, minting)) ?? { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };
    },
    /** Forgets a token that Moov did not accept, unless a newer one has replaced it already. */
    forget(scopes: readonly string[], token: string) {
      const scope = scopeOf(scopes);
      if (kept.get(scope)?.token === token) kept.delete(scope);
    },
  };
}
