/** Channels that hold no channel: declared and never made, so that whoever uses them waits for ever. */
import { operations } from '../../flow/search.ts';
import { typeOfVariable } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { type Goroutine, goroutinesRunning, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { lonelyAt } from './lonely.ts';
import { isMake } from './makes.ts';
import type { Verb } from './traffic.ts';

export interface DeadWait {
  readonly verb: Verb;
  readonly body: Body;
  readonly node: { readonly start: number; readonly end: number };
  readonly channel: Expr;
}

/** Operations on local variables and fields that are nil whatever happens. In a `select` a nil channel switches a case off. */
export function* nilChannels(pass: Pass): Generator<DeadWait> {
  for (const body of askedBodies(pass, ({ bodyText }) => /\bvar\b/.test(bodyText) && /<-|\bchan\b/.test(bodyText))) {
    for (const wait of waitsIn(body)) if (isNeverGiven(wait.channel, body)) yield wait;
  }
  for (const verb of ['send', 'receive', 'range'] as const) {
    for (const { use, isNil } of lonelyAt(verb, pass)) if (isNil) yield { verb, body: use.body, node: use.node, channel: use.channel };
  }
}

export interface FreshWait extends DeadWait {
  readonly goroutine: Goroutine;
}

const FRESH = /<-\s*make\(|\bmake\(chan[^\n]*\)\s*<-|range make\(/;

/** `<-make(chan T)` in a goroutine: nobody else can know the channel. Elsewhere it is a way to wait on purpose. */
export function* waitsForFresh(verb: Verb, pass: Pass): Generator<FreshWait> {
  for (const goroutine of goroutinesRunning(FRESH, pass)) {
    for (const { body } of goroutine.body ? runBy(goroutine.body, pass) : []) {
      if (!FRESH.test(body.info.bodyText)) continue;
      for (const wait of waitsIn(body)) {
        const made = unparen(wait.channel);
        if (wait.verb === verb && made.kind === 'call' && isMake(made, body.env)) yield { ...wait, goroutine };
      }
    }
  }
}

function* waitsIn(body: Body): Generator<DeadWait> {
  for (const { op } of operations(body.graph)) {
    if (op.kind === 'send' && !op.inSelect) yield { verb: 'send', body, node: op.stmt, channel: op.stmt.channel };
    if (op.kind === 'receive' && !op.inSelect) yield { verb: 'receive', body, node: op.node, channel: op.channel };
    if (op.kind === 'range') yield { verb: 'range', body, node: op.stmt.x, channel: op.stmt.x };
  }
}

/** `var c chan T` to which nothing but nil is ever assigned. */
function isNeverGiven(channel: Expr, { env }: Body): boolean {
  const x = unparen(channel);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var') return false;
  const { role, origin, assigned } = x.entity;
  return role === 'local' && origin.kind === 'declared' && assigned.every(isNil) && underlying(typeOfVariable(x.entity, env), env.program).kind === 'chan';
}

function isNil(given: Variable['assigned'][number]): boolean {
  const x = given !== 'unknown' && given.kind === 'value' ? unparen(given.expr) : undefined;
  return x?.kind === 'ident' && x.name === 'nil' && !x.entity;
}
