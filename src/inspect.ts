/** What the tool sees at each stage, as lines of text: `--print` and `--show-files`. */
import { join } from 'node:path';
import { packageRoot } from './assets.ts';
import { Contracts } from './contracts/contracts.ts';
import { printGraph } from './flow/print.ts';
import { operations } from './flow/search.ts';
import { type Body, bodiesOf } from './leaks/bodies.ts';
import { acquisitionOf } from './leaks/obligations.ts';
import type { Pass } from './leaks/pass.ts';
import { calleeName, calleeOf } from './program/callee.ts';
import { typeOf } from './program/infer.ts';
import { Program } from './program/program.ts';
import { typeName } from './program/types.ts';
import { Modules } from './source/modules.ts';
import { expandPatterns } from './source/patterns.ts';
import type { Problem } from './source/problem.ts';
import { positionAt } from './source/text.ts';
import { initParser } from './syntax/parse.ts';

type Reporter = (problem: Problem) => void;

export function inspectFiles(cwd: string, patterns: readonly string[], report: Reporter): readonly string[] {
  return expandPatterns(cwd, patterns, new Modules(report), report).flatMap(folder => (folder.only ? [...folder.only] : folder.files));
}

export async function* inspectStage(stage: 'ast' | 'flow' | 'types' | 'contracts', cwd: string, patterns: readonly string[], report: Reporter): AsyncGenerator<string> {
  await initParser(join(packageRoot, 'wasm', 'tree-sitter-go.wasm'));
  const modules = new Modules(report);
  const program = new Program({ modules, std: join(packageRoot, 'std'), report });
  const contracts = new Contracts(program);
  for (const folder of expandPatterns(cwd, patterns, modules, report)) {
    for (const pkg of program.packagesIn(folder.dir, folder.importPath, folder.module, folder.files)) {
      const pass: Pass = { pkg, contracts, go: undefined };
      for (const info of pkg.funcs) {
        if (folder.only && !folder.only.has(info.file.source.path)) continue;
        for (const body of bodiesOf(info, pass)) yield* linesOf(stage, body, pass);
      }
    }
  }
}

function linesOf(stage: 'ast' | 'flow' | 'types' | 'contracts', body: Body, pass: Pass): string[] {
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
  return [...operations(body.graph)].flatMap(({ op }) => {
    if (op.kind !== 'call') return [];
    const { line, column } = positionAt(body.info.file.source, op.call.start);
    return [`  ${line}:${column} ${calleeName(calleeOf(op.call, body.env)) ?? calleeOf(op.call, body.env).kind} : ${typeName(typeOf(op.call, body.env))}`];
  });
}

function contractLines(body: Body, pass: Pass): string[] {
  return [...operations(body.graph)].flatMap(({ op }) => {
    if (op.kind !== 'call') return [];
    const gives = acquisitionOf(op.call, body, pass);
    const ends = pass.contracts.endsHere(op, body.env);
    if (!gives && !ends) return [];
    const { line, column } = positionAt(body.info.file.source, op.call.start);
    return [`  ${line}:${column} ${gives ? `acquires a ${gives.held} as result ${gives.result}` : 'never returns'}`];
  });
}
