/** Who is called: fixtures/types against its comments, and, where there is a Go toolchain, against go/types. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { inspectCalls, type KnownCall } from '../../src/inspect.ts';
import { byteColumn, positionAt } from '../../src/source/text.ts';

const folder = realpathSync(join(packageRoot, 'fixtures', 'types'));

async function callsIn(cwd: string): Promise<KnownCall[]> {
  const calls: KnownCall[] = [];
  for await (const call of inspectCalls(cwd, ['./...'], problem => expect(problem).toBeUndefined())) calls.push(call);
  return calls.sort((a, b) => (a.source.path < b.source.path ? -1 : a.source.path > b.source.path ? 1 : a.offset - b.offset));
}

test('every line names the callees of its calls', async () => {
  const found = new Map<string, string[]>();
  for (const { source, offset, kind, name } of await callsIn(folder)) {
    const line = `${source.path}:${positionAt(source, offset).line}`;
    found.set(line, [...found.get(line) ?? [], kind === 'presumed' ? 'presumed' : name ?? '-']);
  }
  const expected = new Map<string, string[]>();
  for (const path of ['types.go', 'inner/inner.go'].map(name => join(folder, name))) {
    readFileSync(path, 'utf8').split('\n').forEach((text, i) => {
      const comment = /[^/\s].*\/\/ (.*)$/.exec(text)?.[1];
      if (comment !== undefined) expected.set(`${path}:${i + 1}`, comment.split(', '));
    });
  }
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  expect(expected.size).toBeGreaterThan(60);
});

interface OracleCall {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly callee: string | null;
}

test.skipIf(spawnSync('go', ['version']).status !== 0)('as go/types names them', { timeout: 120_000 }, async () => {
  const args = ['run', '.', '-C', folder, './...'];
  const lines = execFileSync('go', args, { cwd: join(packageRoot, 'scripts', 'oracle'), encoding: 'utf8' }).trim().split('\n');
  const oracle = lines.map(line => JSON.parse(line) as OracleCall).map(c => `${c.file}:${c.line}:${c.column} ${c.callee ?? '-'}`);
  const ours = (await callsIn(folder)).map(({ source, offset, name }) =>
    `${source.path.slice(folder.length + 1)}:${positionAt(source, offset).line}:${byteColumn(source, offset)} ${name ?? '-'}`);
  expect(ours.sort()).toEqual(oracle.sort());
  expect(ours.length).toBeGreaterThan(80);
});
