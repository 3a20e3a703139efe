/**
 * Goroutines that wait for the end of a context which has none: `context.Background()`, followed through variables,
 * fields and the parameters of functions that only the package calls.
 */
import { operations } from '../../flow/search.ts';
import type { Expr } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { type Goroutine, goroutinesRunning, livesAsLongAsProcess, runBy } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { type Span, spanOf } from '../paths/reach.ts';
import { answersWithout } from './answers.ts';
import { endsOf } from './contextends.ts';
import { isOnlyExit } from './onlyexits.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

export interface NeverDone {
  readonly goroutine: Goroutine;
  readonly body: Body;
  readonly node: Span;
  readonly context: Expr;
  /** The only case that ends the loop around. */
  readonly isExit: boolean;
}

const DONE = /\.Done\(\)/;
const ENDLESS = /\bcontext\.(?:Background|TODO|WithoutCancel)\(/;

export function* neverDone(pass: Pass): Generator<NeverDone> {
  if (!pass.pkg.withWords(ENDLESS).some(({ file }) => !file.kind.test)) return;
  const seen = new Set<unknown>();
  for (const goroutine of goroutinesRunning(DONE, pass)) {
    if (!goroutine.body || goroutine.parent.info.file.kind.test) continue;
    for (const { body } of runBy(goroutine.body, pass)) {
      if (seen.has(body.block) || !DONE.test(body.info.bodyText) || !pass.isAsked(body.info.file)) continue;
      seen.add(body.block);
      for (const wait of waitsIn(body, pass)) if (endsOf(wait.context, body.info, pass)?.length === 0 && !livesAsLongAsProcess(goroutine, pass)) yield { goroutine, body, ...wait };
    }
  }
}

/** Where the body goes on only when a context is done. */
function* waitsIn(body: Body, pass: Pass): Generator<Pick<NeverDone, 'node' | 'context' | 'isExit'>> {
  const arms = armsOf(body.graph);
  for (const { op } of operations(body.graph)) {
    const context = op.kind === 'receive' ? contextOf(op.channel, body) : undefined;
    if (!context || op.kind !== 'receive') continue;
    const arm = arms.get(op);
    const isGuarded = arm !== undefined && answersWithout(arm.select, arm.clause, NONE, body, pass);
    if (!isGuarded || isOnlyExit(op, x => x === op.channel, body, pass)) yield { node: spanOf(op), context, isExit: isGuarded };
  }
}

const NONE = namesOf([]);
