import { within } from '../guard/within.ts';
import type { Outcome } from './outcome.ts';

type MintedToken = { token: string; endsAt: number };

/**
 * Access tokens, one per scope set: kept until shortly before they end, minted one at a time per set however many calls
 * wait for it.
 * @param mint asks Moov for a token with exactly these scopes
 */
export function createTokens(mint: (scope: string) => Promise<Outcome<MintedToken>>, now: () => number = Date.now) {
  const kept = new Map<string, MintedToken & { renewAt: number }>();
  const underWay = new Map<string, Promise<Outcome<MintedToken>>>();

  const scopeOf = (scopes: readonly string[]) => [...scopes].sort().join(' ');

  function mintOnce(scope: string): Promise<Outcome<MintedToken>> {
    const minting = mint(scope)
      .then((minted) => {
        if (minted.kind === 'ok') {
          if (kept.size >= 10_000) for (const [key, old] of kept) if (old.renewAt <= now()) kept.delete(key);
          const life = minted.value.endsAt - now();
          kept.set(scope, { ...minted.value, renewAt: minted.value.endsAt - Math.min(60_000, life * 0.2) });
        }
        return minted;
      })
      .finally(() => underWay.delete(scope));
    underWay.set(scope, minting);
    return minting;
  }

  return {
    /** A token with exactly these scopes; unclear when it is not there within `patienceMs`, while it is still waited for here. */
    async get(scopes: readonly string[], patienceMs: number): Promise<Outcome<MintedToken>> {
      const scope = scopeOf(scopes);
      const token = kept.get(scope);
      if (token !== undefined && token.renewAt > now()) return { kind: 'ok', value: token };
      const minting = underWay.get(scope) ?? mintOnce(scope);
      return (await within(patienceMs, minting)) ?? { kind: 'unclear', reason: 'timeout', mayHaveArrived: false };
    },
    /** Forgets a token that Moov did not take, unless a newer one stands in its place already. */
    forget(scopes: readonly string[], token: string) {
      const scope = scopeOf(scopes);
      if (kept.get(scope)?.token === token) kept.delete(scope);
    },
  };
}
