/**
 * Files, and connections of the network, that are put into a field which only the package knows, and which nothing of it closes or lets go:
 * `b.tempFile, err = os.Create(name)`, and all that happens to `b.tempFile` is `Write` and `Sync`.
 */
import type { Resource } from '../../contracts/resource.ts';
import type { AcquiringCall, ResourceTable } from '../../contracts/resources.ts';
import type { Finding } from '../../finding.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf, writtenName } from '../../program/callee.ts';
import { memberOf } from '../../program/members.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body, siteIn } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { runsOncePerProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { placeOf } from '../places/places.ts';
import { describeCall } from '../words.ts';
import { isLeftAlone, type Kept, keptBy } from './keptfields.ts';

/** Clients of other services are often meant to last as long as the process; what `net` gives seldom is. */
const NETWORK: ReadonlySet<string> = new Set(['net', 'crypto/tls']);
/** Library functions that use what they are given while they run. */
const ONLY_USES = /^(?:fmt\.Fprint\w*|io\.(?:Copy\w*|Read(?:All|Full|AtLeast)|WriteString)|io\/ioutil\.ReadAll)$/;

const words = new WeakMap<ResourceTable, Map<string, RegExp>>();

/** Whether a text has a call with the name of one that hands over what the rule is about. */
function wordsFor(rule: string, resources: ResourceTable): RegExp {
  const known = words.get(resources) ?? new Map<string, RegExp>();
  words.set(resources, known);
  const isMeant = ({ path, rules }: AcquiringCall) => rules.includes(rule) && (rule !== 'unclosed-connection' || NETWORK.has(path));
  const names = () => new Set(resources.acquiringCalls.flatMap(call => (isMeant(call) ? [call.name] : [])));
  const found = known.get(rule) ?? new RegExp(`\\b(?:${[...names()].join('|')})\\(`);
  known.set(rule, found);
  return found;
}

export function* forgottenFields(rule: string, pass: Pass): Generator<Finding> {
  const { resources } = pass.contracts;
  const makes = wordsFor(rule, resources);
  for (const body of askedBodies(pass, ({ bodyText }) => makes.test(bodyText))) {
    // What the program has once ends with it.
    if (isCommand(body) || runsOncePerProcess(body.info)) continue;
    for (const { op } of operations(body.graph)) {
      const [made] = op.kind === 'assign' ? op.rhs : [];
      const call = made && unparen(made);
      if (op.kind !== 'assign' || call?.kind !== 'call' || !makes.test(`${writtenName(call) ?? ''}(`)) continue;
      for (const { resource, result } of resources.acquiredBy(calleeName(calleeOf(call, body.env)) ?? '')) {
        if (resource.rule !== rule || resource.field !== undefined || typeof result !== 'number') continue;
        const target = op.lhs[result];
        // A field of a package-level variable: there is one of it.
        if (!target || typeof placeOf(target)?.root === 'string') continue;
        const kept = keptBy(target, body);
        const [first] = kept;
        if (first && kept.every(at => isReleasable(at, resource, pass) && isLeftAlone(at, pass, usesOf(resource)))) yield finding(call, first, resource, body);
      }
    }
  }
}

/** By its type the field can be closed: an `io.Reader` need not be one that its owner has to look after. */
function isReleasable({ owner, field }: Kept, { releases }: Resource, { contracts: { program } }: Pass): boolean {
  const member = memberOf(owner, field, program);
  return member?.kind === 'field' && releases.some(name => memberOf(member.type, name, program)?.kind === 'method');
}

/** The mentions of the field that neither release what it holds nor let it go. */
function usesOf({ releases }: Resource) {
  return (x: Expr, isField: (x: Expr) => boolean, env: Env): readonly Expr[] => {
    if (x.kind === 'binary' && (x.op === '==' || x.op === '!=')) return [unparen(x.x), unparen(x.y)].filter(isField);
    if (x.kind !== 'call') return [];
    const fun = unparen(x.fun);
    if (fun.kind === 'selector' && isField(unparen(fun.x))) return releases.includes(fun.sel.name) ? [] : [unparen(fun.x)];
    return ONLY_USES.test(calleeName(calleeOf(x, env)) ?? '') ? x.args.map(unparen).filter(isField) : [];
  };
}

function finding(call: Call, { owner, field, at: kept }: Kept, { noun, released }: Resource, body: Body): Finding {
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: 'medium',
    message: `The ${noun} of ${describeCall(call, body)} is kept in the field ${field} of ${owner.name}, which is never ${released} and let go nowhere.`,
    trail: [{ at, note: `the ${noun} is acquired` }, { at: siteIn(body.info, kept), note: `it is put into ${field}, of which nothing is ever ${released}` }],
  };
}
