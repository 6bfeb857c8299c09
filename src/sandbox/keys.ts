/** The sandbox's keys and secrets. They are not real: they open nothing but the stand-ins on this machine. */
export const sandboxKeys = {
  publicKey: 'sandbox-public',
  secretKey: 'sandbox-secret',
  /** the origin that is registered for the key pair */
  origin: 'https://support.sandbox.example',
  webhookSecret: 'sandbox-webhook-secret',
  clientID: 'support-portal',
  clientSecret: 'sandbox-client-secret',
} as const;
