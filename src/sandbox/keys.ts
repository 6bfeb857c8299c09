/** Everything secret in the sandbox, none of it real: these values open nothing but the stand-ins on this machine. */
export const sandboxKeys = {
  publicKey: 'sandbox-public',
  secretKey: 'sandbox-secret',
  /** the origin whose domain is registered on the key pair */
  origin: 'https://support.sandbox.example',
  webhookSecret: 'sandbox-webhook-secret',
  clientID: 'support-portal',
  clientSecret: 'sandbox-client-secret',
} as const;
