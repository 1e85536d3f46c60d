/**
 * What the page may do, and nothing else: its own files, WebAssembly (not `eval`), workers of its own and those that wasm's threads are
 * made of (`blob:`), and models from any address that the visitor gives.
 */
const POLICY: Readonly<Record<string, readonly string[]>> = {
  'default-src': ["'none'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
  'style-src': ["'self'"],
  'font-src': ["'self'"],
  'img-src': ["'self'", 'blob:'],
  'media-src': ['blob:'],
  'connect-src': ["'self'", 'blob:', 'https:', 'http://localhost:*', 'http://127.0.0.1:*'],
  'manifest-src': ["'self'"],
  'form-action': ["'none'"],
  'base-uri': ["'none'"],
};

/** What a `<meta>` element can't say, and a header can. */
const HEADER_ONLY = { 'frame-ancestors': ["'none'"] };

/** While developing, Vite puts style sheets into the page and asks for changes by a web socket. */
const WHILE_DEVELOPING: Readonly<Record<string, readonly string[]>> = {
  'style-src': ["'unsafe-inline'"],
  'connect-src': ['ws:'],
};

/** The policy for the `<meta>` element of the built page. */
export const contentSecurityPolicy = asText(POLICY);

/** Headers of every answer: the policy, and what isolates the page from others, so that wasm may share memory between threads. */
export function securityHeaders(isDeveloping: boolean): Record<string, string> {
  const policy: Record<string, readonly string[]> = { ...POLICY, ...HEADER_ONLY };
  if (isDeveloping) {
    for (const [name, more] of Object.entries(WHILE_DEVELOPING))
      policy[name] = [...(policy[name] ?? []), ...more];
  }
  return {
    'Content-Security-Policy': asText(policy),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}

function asText(policy: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join('; ');
}
