/** Operations on channel fields and package variables whose other end nothing in the package uses and nobody else gets. */
import { walkStmts } from '../../syntax/walk.ts';
import { familyOf } from '../mutexes.ts';
import type { Pass } from '../pass.ts';
import { type Family, familiesOf, type FamilyUse } from './families.ts';
import type { Verb } from './traffic.ts';

export interface Lonely {
  readonly verb: Verb;
  readonly use: FamilyUse;
  /** Nothing ever makes the channel, so it is nil. */
  readonly isNil: boolean;
}

export function* lonelyAt(verb: Verb, pass: Pass): Generator<Lonely> {
  for (const [key, family] of familiesOf(pass)) {
    const isNil = family.makes.length === 0;
    // On a channel that is nil both ends wait.
    if (family.given || (isNil ? isKnownOutside(family) : isAnswered(verb, family))) continue;
    // Of a package variable there is one; what ranges over it lives as long as the process.
    if (verb === 'range' && !isNil && key.startsWith(`${pass.pkg.path}:`)) continue;
    for (const use of family.uses) {
      if (use.verb === verb && !use.guarded && !(isNil && asksForNil(use, pass))) yield { verb, use, isNil };
    }
  }
}

/** `if c.block != nil { <-c.block }`: it is known that nobody need have made it. */
function asksForNil({ body, channel }: FamilyUse, { contracts }: Pass): boolean {
  const env = contracts.envOf(body.info);
  const key = familyOf(channel, env);
  let found = false;
  walkStmts(body.info.body()?.stmts ?? [], {
    expr: x => void (found ||= x.kind === 'binary' && x.y.kind === 'ident' && x.y.name === 'nil' && familyOf(x.x, env) === key),
  });
  return found;
}

/** Others have it, and may have been given something to put into it. */
function isKnownOutside({ outsideSends, outsideReceives }: Family): boolean {
  return outsideSends || outsideReceives;
}

function isAnswered(verb: Verb, { uses, makes, outsideSends, outsideReceives }: Family): boolean {
  const does = (...verbs: FamilyUse['verb'][]) => uses.some(use => verbs.includes(use.verb));
  switch (verb) {
    case 'send':
      return outsideReceives || does('receive', 'range') || makes.some(capacity => capacity !== 0);
    case 'receive':
      return outsideSends || does('send', 'close');
    case 'range':
      return outsideSends || does('close');
  }
}
