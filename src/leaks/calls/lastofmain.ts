/** `func main() { if err := run(); err != nil { log.Fatal(err) } }`: with what `main` calls last the process ends. */
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** Calls that only say how it went. */
const SAYS = /^(?:fmt\.F?[Pp]rint\w*|log\.Print\w*|errors\.(?:Is|As)|\(error\)\.Error|log\/slog\.\w+)$/;

/** Calls that end the process, and do nothing before but to say why. */
const ENDS = /\.(?:Fatal|Exit|Panic)\w*$/;

/** Only `main` mentions the function, calls it once, and has nothing to do behind it but to say how it went and to end. */
export function isLastOfMain(info: FuncInfo, pass: Pass): boolean {
  if (info.pkg.name !== 'main' || info.piece.receiver) return false;
  const [main, ...others] = info.pkg.mentioning(info.bareName).filter(caller => caller !== info && !caller.file.kind.test);
  const body = main?.name === 'main' && !main.piece.receiver && others.length === 0 ? bodyOf(main, pass) : undefined;
  if (!body) return false;
  const isCall = (callee: ReturnType<typeof calleeOf>) => callee.kind === 'func' && callee.func === info;
  const [last, ...more] = operations(body.graph).filter(({ op }) => op.kind === 'call' && isCall(calleeOf(op.call, body.env)));
  if (!last || more.length) return false;
  const { block, index } = last.after;
  const behind = [...block.ops.slice(index), ...[...reachableFrom(block, from => pass.contracts.next(from, body.env))].flatMap(({ ops }) => ops)];
  return behind.every(op => {
    if (op.kind !== 'call') return op.kind === 'assign' || op.kind === 'eval';
    const callee = calleeOf(op.call, body.env);
    const name = calleeName(callee) ?? '';
    return SAYS.test(name) || (pass.contracts.endsHere(op, body.env) && (callee.kind === 'builtin' || ENDS.test(name)));
  });
}
