/** HTTP clients without a timeout, and requests without a deadline that are sent with them. */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { Site } from '../../source/text.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isTesting } from '../testing.ts';
import { endlessContext } from './detached.ts';
import { setsField, structsBehind } from './madestructs.ts';

export interface LimitlessClient {
  readonly body: Body;
  /** The call that sends a request without a deadline. */
  readonly call: Call;
  /** Where the client is made. */
  readonly made: Site;
  /** The answer may be read for as long as the server likes to write it. */
  readonly isStream: boolean;
}

const USES = /^\(\*net\/http\.Client\)\.(?:Do|Get|Head|Post|PostForm)$/;
const STREAMS = /event-stream|\bbufio\.New(?:Scanner|Reader)\([\w.]*\.Body\)|\.More\(\)/;

/** Each client once, with its first use. */
export function* limitlessClients(pass: Pass): Generator<LimitlessClient> {
  if (!pass.pkg.files.some(({ source }) => /\bhttp\.Client\b/.test(source.text))) return;
  const seen = new Set<string>();
  for (const body of askedBodies(pass, ({ bodyText, file }) => !isTesting(file) && /\.(?:Do|Get|Head|Post|PostForm)\(/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      if (op.kind !== 'call') continue;
      const callee = calleeOf(op.call, body.env);
      if (callee.kind !== 'method' || !USES.test(calleeName(callee) ?? '') || !isWithoutDeadline(op.call, callee.name, body)) continue;
      for (const client of structsBehind(callee.receiver, 'net/http.Client', body, pass)) {
        const key = `${client.at.source.path}:${client.at.start}`;
        if (seen.has(key) || setsField(client, ['Timeout', 'Transport'])) continue;
        seen.add(key);
        yield { body, call: op.call, made: client.at, isStream: STREAMS.test(body.info.bodyText) };
      }
    }
  }
}

function isWithoutDeadline({ args }: Call, name: string, body: Body): boolean {
  return !name.endsWith('.Do') || (args[0] !== undefined && hasNoDeadline(args[0], body));
}

/** A request that is made here, with no context or with one that nobody ends. */
function hasNoDeadline(request: Expr, body: Body): boolean {
  const x = unparen(request);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || /\.(?:WithContext|Clone)\(/.test(body.info.bodyText)) return false;
  const { origin, assigned, role } = x.entity;
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  return role === 'local' && given.length > 0 && given.every(from => from !== 'unknown' && from.kind === 'value' && from.index === 0 && isMadeWithout(from.expr, body));
}

function isMadeWithout(value: Expr, body: Body): boolean {
  const x = unparen(value);
  const name = x.kind === 'call' ? calleeName(calleeOf(x, body.env)) : undefined;
  if (x.kind !== 'call' || name === undefined) return false;
  return name === 'net/http.NewRequest' || (name === 'net/http.NewRequestWithContext' && endlessContext(x.args[0], body) !== undefined);
}
