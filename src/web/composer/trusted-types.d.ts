/**
 * The part of Trusted Types (W3C) that the portal uses. TypeScript's DOM library still asks for plain strings where
 * browsers take a TrustedHTML, hence `string` below.
 */
interface Window {
  readonly trustedTypes?: {
    readonly emptyHTML: string;
    createPolicy(name: string, rules: { createHTML(html: string): string }): { createHTML(html: string): string };
  };
}
