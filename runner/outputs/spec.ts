/**
 * What `-o` was given, taken apart.
 *
 *     KIND              an output of ours with its default target       json
 *     KIND=TARGET                                                       json=points.json.gz
 *     MODULE            a file, or an installed package                 ./my-output.ts
 *     MODULE=TARGET     the same with a target of its own               @acme/brunt-output=team-a
 */

export interface OutputSpec {
  /** As given. */
  readonly given: string;
  /** Name of a kind, or of a module. */
  readonly kind: string;
  /** Undefined where there is no `=` or nothing behind it. */
  readonly target: string | undefined;
  /** As given, without secrets: for messages and the summary. */
  readonly name: string;
}

/** Query parameters of a URL that are no one else's business. */
const SECRET_PARAMETER =
  /^(?:p|pw|pass|passwd|password|token|key|secret|auth|sig|signature)$|(?:_|-)(?:key|token|secret)$/i;
const HIDDEN = '***';

/** Only a text that has something to hide is changed, and only there. */
function withoutSecrets(target: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return target;
  const [, before = '', query = '', after = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(target) ?? [];
  const shown = query.replace(/([?&])([^=&]+)=([^&]*)/g, (whole, sign: string, key: string) =>
    SECRET_PARAMETER.test(key) ? `${sign}${key}=${HIDDEN}` : whole,
  );
  return before.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@/i, hideUser) + shown + after;
}

/** Without a password the user's part may be a token. */
function hideUser(_whole: string, scheme: string, user: string): string {
  const colon = user.indexOf(':');
  return `${scheme}${colon < 0 ? HIDDEN : `${user.slice(0, colon)}:${HIDDEN}`}@`;
}

export function parseOutput(given: string): OutputSpec {
  const equals = given.indexOf('=');
  const kind = (equals < 0 ? given : given.slice(0, equals)).trim();
  const target = equals < 0 ? '' : given.slice(equals + 1).trim();
  return {
    given,
    kind,
    target: target === '' ? undefined : target,
    name: target === '' ? kind : `${kind}=${withoutSecrets(target)}`,
  };
}
