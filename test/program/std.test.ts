import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { Program } from '../../src/program/program.ts';
import { Modules } from '../../src/source/modules.ts';
import { loadGrammar } from '../../src/syntax/tolerant/parse.ts';

const std = join(packageRoot, 'std');
const text = (name: string) => readFileSync(join(std, `${name}.txt`), 'utf8');

test('signatures, fields and methods of the standard library, with the version each came in', () => {
  expect(text('sync')).toMatch(/^func \(wg \*WaitGroup\) Go\(f func\(\)\) \/\/ go1\.25$/m);
  expect(text('sync')).toMatch(/^func \(m \*Mutex\) Lock\(\)$/m);
  expect(text('net/http')).toMatch(/^\tTransport RoundTripper$/m);
  expect(text('net/http')).toMatch(/^func NewRequestWithContext\(.*\/\/ go1\.13$/m);
  expect(text('reflect')).toMatch(/^type Type interface \{$/m);
  expect(text('io')).not.toMatch(/type pipe struct \{ \/\/ go/);
});

test('every table is Go that the scanner and the grammar understand', async () => {
  await loadGrammar();
  const problems: string[] = [];
  const program = new Program({ modules: new Modules(() => undefined), std, report: p => problems.push(`${p.path} ${p.message}`) });
  const paths = readdirSync(std, { recursive: true, encoding: 'utf8' }).filter(f => f.endsWith('.txt')).map(f => f.slice(0, -4).split('\\').join('/'));
  let declared = 0;
  for (const path of paths) {
    const pkg = program.standard(path);
    expect(pkg, path).toBeDefined();
    for (const func of pkg?.funcs ?? []) declared += func.decl.name.name === func.bareName || func.bareName === 'init' ? 1 : 0;
    for (const [, name] of text(path).matchAll(/^(?:func|type|var|const) (\w+)/gm)) expect(pkg?.lookup(name ?? ''), `${path}.${name}`).toBeDefined();
  }
  expect(paths.length).toBeGreaterThan(170);
  expect(declared).toBeGreaterThan(4500);
  expect(problems).toEqual([]);
});
