import { useLocation, useSearch } from 'wouter';
import { call } from '../../contract/paths.ts';

/** The address of signing in such that the person comes back to where they are now. */
export function useSignInAddress(): string {
  // Both hooks are here for their news alone: what they give is decoded, and must come back as it stood in the address.
  useLocation();
  useSearch();
  return call.login(location.pathname + location.search);
}
