import { useLocation, useSearch } from 'wouter';
import { call } from '../../contract/paths.ts';

/** The address of the sign-in that brings the person back to the page where they are now. */
export function useSignInAddress(): string {
  // The hooks are called only to render again when the address changes. They give decoded text, which cannot be used in an address.
  useLocation();
  useSearch();
  return call.login(location.pathname + location.search);
}
