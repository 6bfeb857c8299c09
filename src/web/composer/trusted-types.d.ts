/**
 * The part of Trusted Types (https://www.w3.org/TR/trusted-types/) that the portal uses. In browsers these values are `TrustedHTML`. Here
 * they are typed as `string`, because TypeScript's DOM library still wants strings where they are used.
 */
interface Window {
  readonly trustedTypes?: {
    readonly emptyHTML: string;
    createPolicy(name: string, rules: { createHTML(html: string): string }): { createHTML(html: string): string };
  };
}
