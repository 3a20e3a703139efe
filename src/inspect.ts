/** What the tool sees at each stage, as lines of text: `--print` and `--show-files`. */
import { stdFolder } from './assets.ts';
import { Contracts } from './contracts/contracts.ts';
import type { Declared } from './contracts/declared.ts';
import { printGraph } from './flow/print.ts';
import { operations } from './flow/search.ts';
import { bodiesOf, type Body } from './leaks/bodies.ts';
import { acquisitionOf } from './leaks/resources/acquisitions.ts';
import type { Pass } from './leaks/pass.ts';
import { type Callee, calleeName, calleeOf } from './program/callee.ts';
import { typeOf } from './program/infer.ts';
import type { FuncInfo } from './program/package.ts';
import { Program } from './program/program.ts';
import { typeName } from './program/types.ts';
import { Modules } from './source/modules.ts';
import { expandPatterns, withoutExcluded } from './source/patterns.ts';
import type { Problem } from './source/problem.ts';
import { positionAt, type Source } from './source/text.ts';
import { type Call, unparen } from './syntax/ast.ts';
import { loadGrammar } from './syntax/tolerant/parse.ts';
import { walkStmts } from './syntax/walk.ts';

type Reporter = (problem: Problem) => void;

export function inspectFiles(cwd: string, patterns: readonly string[], report: Reporter, isExcluded: (path: string) => boolean): readonly string[] {
  return withoutExcluded(expandPatterns(cwd, patterns, new Modules(report), report), isExcluded).flatMap(folder => (folder.only ? [...folder.only] : folder.files));
}

export type Stage = 'ast' | 'flow' | 'types' | 'contracts';

export async function* inspectStage(stage: Stage, cwd: string, patterns: readonly string[], report: Reporter, declared: Declared): AsyncGenerator<string> {
  for await (const { info, pass } of functionsIn(cwd, patterns, report, declared)) {
    for (const body of bodiesOf(info, pass)) yield* linesOf(stage, body, pass);
  }
}

/** A call and what is known of whom it calls. */
export interface KnownCall {
  readonly source: Source;
  /** Of the called name, or of the opening bracket where there is none. */
  readonly offset: number;
  readonly kind: Callee['kind'];
  /** The full name of a function or method, the name of a builtin; where it is only presumed, `kind` says so. */
  readonly name: string | undefined;
}

/** Every call in the packages, in the order of the files. */
export async function* inspectCalls(cwd: string, patterns: readonly string[], report: Reporter): AsyncGenerator<KnownCall> {
  for await (const { info, pass } of functionsIn(cwd, patterns, report)) {
    const env = pass.contracts.envOf(info);
    const found: KnownCall[] = [];
    walkStmts(info.body()?.stmts ?? [], {
      expr: x => {
        if (x.kind !== 'call') return;
        const callee = calleeOf(x, env);
        found.push({ source: info.file.source, offset: placeOfCall(x), kind: callee.kind, name: 'name' in callee ? callee.name : undefined });
      },
    });
    yield* found;
  }
}

function placeOfCall(call: Call): number {
  let fun = unparen(call.fun);
  while (fun.kind === 'index') fun = unparen(fun.x);
  return fun.kind === 'ident' ? fun.start : fun.kind === 'selector' ? fun.sel.start : call.fun.end;
}

async function* functionsIn(cwd: string, patterns: readonly string[], report: Reporter, declared?: Declared): AsyncGenerator<{ info: FuncInfo; pass: Pass }> {
  await loadGrammar();
  const modules = new Modules(report);
  const program = new Program({ modules, std: stdFolder, report });
  const contracts = new Contracts(program, declared);
  // All first: a package that another one imports is read without its tests when it has not been read whole.
  const packages = expandPatterns(cwd, patterns, modules, report).flatMap(folder =>
    program.packagesIn(folder.dir, folder.importPath, folder.module, folder.files).map(pkg => ({ pkg, only: folder.only })));
  for (const { pkg, only } of packages) {
    const pass: Pass = { pkg, isAsked: () => true, isWhole: true, contracts, go: undefined, rules: new Set() };
    for (const info of pkg.funcs) if (!only || only.has(info.file.source.path)) yield { info, pass };
  }
}

function linesOf(stage: Stage, body: Body, pass: Pass): string[] {
  const { source } = body.info.file;
  const title = `${body.info.fullName}${body.node.kind === 'funclit' ? ` literal at ${positionAt(source, body.node.start).line}` : ''}`;
  switch (stage) {
    case 'ast':
      return [title, JSON.stringify(body.block, (key, value: unknown) => (key === 'entity' ? undefined : value), 1)];
    case 'flow':
      return [title, printGraph(body.graph, source.text)];
    case 'types':
      return [title, ...callLines(body)];
    case 'contracts':
      return [title, ...contractLines(body, pass)];
  }
}

function callLines(body: Body): string[] {
  return operations(body.graph).flatMap(({ op }) => {
    if (op.kind !== 'call') return [];
    const { line, column } = positionAt(body.info.file.source, op.call.start);
    return [`  ${line}:${column} ${calleeName(calleeOf(op.call, body.env)) ?? calleeOf(op.call, body.env).kind} : ${typeName(typeOf(op.call, body.env))}`];
  });
}

function contractLines(body: Body, pass: Pass): string[] {
  return operations(body.graph).flatMap(({ op }) => {
    if (op.kind !== 'call') return [];
    const gives = acquisitionOf(op.call, body, pass);
    const ends = pass.contracts.endsHere(op, body.env);
    if (!gives && !ends) return [];
    const { line, column } = positionAt(body.info.file.source, op.call.start);
    return [`  ${line}:${column} ${gives ? `acquires a ${gives.resource.noun} as result ${gives.result}` : 'never returns'}`];
  });
}
