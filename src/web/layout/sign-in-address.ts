import { useLocation, useSearch } from 'wouter';
import { call } from '../../contract/paths.ts';

/** The address of signing in such that the person comes back to where they are now. */
export function useSignInAddress(): string {
  // The hooks are called only so that a change of the address renders anew. What they give is decoded, so it cannot be used.
  useLocation();
  useSearch();
  return call.login(location.pathname + location.search);
}
