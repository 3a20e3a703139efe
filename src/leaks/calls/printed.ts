/** Methods that printing calls: `fmt.Println(s)` runs `s.String()`. */
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

const PRINTS = /^(?:fmt|log)\.(?:Fp|Sp|P|p|Fatal|Panic|Error|App)\w*$|^\(\*(?:log\.Logger|testing\.common)\)\.(?:Print|Fatal|Panic|Log|Error)\w*$/;
/** In the order in which fmt asks for them. */
const METHODS = ['Error', 'String'];

export function* printedMethods(call: Call, { env }: Body): Generator<{ readonly func: FuncInfo; readonly receiver: Expr }> {
  const name = calleeName(calleeOf(call, env)) ?? '';
  if (!PRINTS.test(name) || call.spread) return;
  for (const arg of printedArguments(call, name)) {
    const type = typeOf(arg, env);
    for (const method of METHODS) {
      const found = memberOf(type, method, env.program);
      if (found?.kind !== 'method') continue;
      // A value does not have the methods of its pointer.
      const func = found.func?.piece.receiver?.pointer === true && type.kind !== 'pointer' ? undefined : found.func;
      if (func && func.decl.type.params.length === 0) yield { func, receiver: arg };
      break;
    }
  }
}

/** Of `Printf` those whose verb asks for words; all of `Print` and `Println`. */
function printedArguments(call: Call, name: string): readonly Expr[] {
  if (!/f$/.test(name)) return call.args;
  const at = /\.(?:F|App)\w*$/.test(name) && !/Fatal/.test(name) ? 1 : 0;
  const format = call.args[at] && unparen(call.args[at]);
  if (format?.kind !== 'literal' || /%[^%\w]*(?:\*|\[)/.test(format.text)) return [];
  const verbs = [...format.text.matchAll(/%[-+# 0]*[\d.]*([a-zA-Z%])/g)].map(match => match[1] ?? '').filter(verb => verb !== '%');
  return call.args.slice(at + 1).filter((_, i) => /^[vsqxX]$/.test(verbs[i] ?? ''));
}
