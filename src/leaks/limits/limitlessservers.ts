/** HTTP servers that wait for a request's header however long a client takes to send it. */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf, resolveFunction } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import type { Site } from '../../source/text.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { isTesting } from '../testing.ts';
import { onlyValue } from '../timers/tickchannels.ts';
import { elementOf, type MadeStruct, setsField, structsBehind } from './madestructs.ts';

export interface LimitlessServer {
  readonly body: Body;
  /** The call that serves. */
  readonly call: Call;
  /** Where the server is made; undefined for the functions that make their own. */
  readonly made: Site | undefined;
}

const SERVES = /^net\/http\.(ListenAndServe|ListenAndServeTLS|Serve|ServeTLS)$/;
const SERVER_SERVES = /^\(\*net\/http\.Server\)\.(ListenAndServe|ListenAndServeTLS|Serve|ServeTLS)$/;
const SERVER = 'net/http.Server';

export function* limitlessServers(pass: Pass): Generator<LimitlessServer> {
  const seen = new Set<string>();
  for (const body of askedBodies(pass, ({ bodyText, file }) => !isTesting(file) && /\.(?:ListenAndServe\b|Serve\(|(?:ListenAnd)?ServeTLS\()/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const outer = op.kind === 'go' ? callOf(op.stmt.call) : callIn(op);
      for (const call of outer ? [outer, ...handedOver(outer, body)] : []) {
        for (const made of servedBy(call, body, pass)) {
          const key = made && `${made.source.path}:${made.start}`;
          if (key !== undefined && seen.has(key)) continue;
          if (key !== undefined) seen.add(key);
          yield { body, call, made };
        }
      }
    }
  }
}

/** `g.Go(srv.ListenAndServe)`: who gets the method calls it. */
function handedOver({ args }: Call, { env }: Body): Call[] {
  return args.flatMap((arg): Call[] => {
    const fun = unparen(arg);
    const isServing = fun.kind === 'selector' && SERVER_SERVES.test(calleeName(resolveFunction(fun, env)) ?? '');
    return isServing ? [{ kind: 'call', fun, args: [], spread: false, start: fun.start, end: fun.end }] : [];
  });
}

/** The servers without limits that the call serves with; `undefined` stands for one that it makes itself. */
function servedBy(call: Call, body: Body, pass: Pass): (Site | undefined)[] {
  const callee = calleeOf(call, body.env);
  const name = calleeName(callee) ?? '';
  if (callee.kind === 'method') {
    const method = SERVER_SERVES.exec(name)?.[1];
    return method === undefined ? [] : serversOf(call, method, callee.receiver, body, pass).map(({ at }) => at);
  }
  const method = SERVES.exec(name)?.[1];
  return method !== undefined && isOpen(method, call.args[0], body) && !isDebugOnly(method === 'ServeTLS' ? call.args[1] : call.args.at(-1), body, pass) ? [undefined] : [];
}

function callOf(expr: Expr): Call | undefined {
  const x = unparen(expr);
  return x.kind === 'call' ? x : undefined;
}

function serversOf(call: Call, method: string, receiver: Expr, body: Body, pass: Pass): MadeStruct[] {
  return structsBehind(asServer(receiver, body.env), SERVER, body, pass).filter(server => {
    if (setsField(server, ['ReadHeaderTimeout', 'ReadTimeout'])) return false;
    const address = method.startsWith('Listen') ? elementOf(server, 'Addr') : call.args[0];
    const handler = elementOf(server, 'Handler');
    return isOpen(method, address, body) && !(handler && isDebugOnly(handler, body, pass));
  });
}

/** `s.Server` of `s.ListenAndServe()`, where the server is embedded. */
function asServer(receiver: Expr, env: Env): Expr {
  const type = typeOf(receiver, env);
  const base = type.kind === 'pointer' ? type.elem : type;
  if (base.kind !== 'named' || isNamed(base, SERVER)) return receiver;
  const { start, end } = receiver;
  return { kind: 'selector', x: receiver, sel: { kind: 'ident', name: 'Server', start, end }, start, end };
}

/** Others than this machine can connect. */
function isOpen(method: string, at: Expr | undefined, body: Body): boolean {
  if (method.startsWith('Listen')) return !at || !isLocal(at, body);
  return at !== undefined && isOpenListener(at, body);
}

/** A listener on a port that is made here; one that comes from elsewhere may be of any kind. */
function isOpenListener(expr: Expr, body: Body): boolean {
  const x = unparen(expr);
  const value = x.kind === 'ident' && x.entity?.kind === 'var' ? firstValue(x.entity) : x;
  if (value?.kind !== 'call') return false;
  const name = calleeName(calleeOf(value, body.env)) ?? '';
  const [first, second] = value.args;
  if (/^(?:crypto\/tls\.NewListener|golang\.org\/x\/net\/netutil\.LimitListener)$/.test(name)) return first !== undefined && isOpenListener(first, body);
  if (!/^(?:net|crypto\/tls)\.Listen$/.test(name) || !first || !second) return name === 'net.ListenTCP';
  return /^"tcp/.test(textAt(first, body)) && !isLocal(second, body);
}

/** `l` of `l, err := net.Listen(…)`. */
function firstValue(variable: Parameters<typeof onlyValue>[0]): Expr | undefined {
  const { origin, assigned, role } = variable;
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  const [only] = given;
  return role === 'local' && given.length === 1 && only !== 'unknown' && only?.kind === 'value' && only.index === 0 ? unparen(only.expr) : undefined;
}

/** `"localhost:6060"`, also the beginning of something longer, in a format, behind a name, or as the default of a flag. */
function isLocal(address: Expr, body: Body): boolean {
  const x = unparen(address);
  if (x.kind === 'literal') return /^["`](?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|["`])/.test(x.text);
  if (x.kind === 'binary' || x.kind === 'star') return isLocal(x.x, body);
  if (x.kind === 'call') return x.args.some((arg, i) => i < 2 && isLocal(arg, body));
  if (x.kind !== 'ident') return false;
  const { entity } = x;
  if (entity?.kind === 'const') return entity.value !== undefined && isLocal(entity.value, body);
  const value = entity?.kind === 'var' ? onlyValue(entity) : valueOfGlobal(x.name, body);
  return value !== undefined && isLocal(value, body);
}

function valueOfGlobal(name: string, { info, env }: Body): Expr | undefined {
  const entity = info.pkg.lookup(name, env.file);
  return entity?.kind === 'const' || entity?.kind === 'var' ? entity.spec.values[entity.index] : undefined;
}

function textAt({ start, end }: Expr, { env }: Body): string {
  return env.file.source.text.slice(start, end);
}

/** Nothing is served but what `net/http/pprof` registers, or paths below `/debug/`. */
function isDebugOnly(handler: Expr | undefined, body: Body, pass: Pass): boolean {
  const x = handler && unparen(handler);
  if (x && isDefaultMux(x, body)) return pass.pkg.importPaths.has('net/http/pprof') && !pass.pkg.files.some(({ source }) => /\bhttp\.Handle(?:Func)?\(/.test(source.text));
  if (x?.kind !== 'ident') return false;
  const outer = bodyOf(body.info, pass);
  const paths: string[] = [];
  const isHandler = (arg: Expr | undefined) => arg?.kind === 'ident' && arg.entity !== undefined && arg.entity === x.entity;
  walkStmts(outer?.block.stmts ?? [], {
    expr: call => {
      const callee = call.kind === 'call' ? calleeOf(call, body.env) : undefined;
      const on = callee?.kind === 'method' && /^\(\*net\/http\.ServeMux\)\.Handle(?:Func)?$/.test(callee.name) ? unparen(callee.receiver) : undefined;
      if (call.kind !== 'call' || !call.args[0]) return;
      if (isHandler(on)) paths.push(textAt(call.args[0], body));
      else if (call.args.some(isHandler)) paths.push(...registeredBy(call, body));
    },
  });
  return paths.length > 0 && paths.every(path => /^["`](?:[A-Z]+ )?\/debug\//.test(path));
}

/** `httputil.RoutePprof(mux)` registers by its name what `net/http/pprof` does; what others do is anything. */
function registeredBy(call: Call, { env }: Body): readonly string[] {
  const name = calleeName(calleeOf(call, env)) ?? '';
  if (SERVES.test(name)) return [];
  return [/pprof/i.test(name) ? '"/debug/pprof/"' : ''];
}

/** `nil`, and `http.DefaultServeMux`, which it stands for. */
function isDefaultMux(x: Expr, { env }: Body): boolean {
  if (x.kind === 'ident') return x.name === 'nil' && !x.entity;
  return x.kind === 'selector' && x.sel.name === 'DefaultServeMux' && x.x.kind === 'ident' && env.program.importPathOf(env.file, x.x.name) === 'net/http';
}
