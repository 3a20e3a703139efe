/** Broken code needs the grammar, which is loaded in the middle of a run. In a file of its own, since it is loaded once a process. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { rules } from '../../rules/index.ts';
import { lint } from '../../src/lint.ts';
import { GrammarMissing, parsePiece } from '../../src/syntax/tolerant/parse.ts';

const LEAK = 'func leak() {\n\tc := make(chan int)\n\tgo func() { c <- 1 }()\n}\n';
const FILES = {
  'go.mod': 'module m\n\ngo 1.25\n',
  'a/a.go': `package a\n\n${LEAK}`,
  'b/b.go': `package b\n\nimport "net/http"\n\nfunc get() {\n\tr, err := http.Get("x")\n\tif err != nil {\n\t\treturn\n\t}\n\tx := = 1\n\tprintln(r.Status)\n}\n\n${LEAK}`,
  'c/c.go': `package c\n\nfunc head(a int int) {\n\tc := make(chan int)\n\tgo func() { c <- 1 }()\n}\n\ntype t struct { a b c }\n\n${LEAK}`,
  'd/d.go': `package d\n\nimport "m/c"\n\nvar x c.T\n\n${LEAK}`,
};

test('the run in which the grammar is loaded has the results of the next', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'broken-')));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const run = async () => {
    const { diagnostics, files, packages, problems } = await lint({ cwd: root, patterns: ['./...'], rules, tests: true, generated: false, tags: new Set() });
    return { files, packages, problems, found: diagnostics.map(d => `${d.at.source.path.slice(root.length + 1)} ${d.rule} ${d.at.start}`) };
  };
  expect(() => parsePiece('', { start: 0, end: 0 })).toThrow(GrammarMissing);
  const first = await run();
  expect(() => parsePiece('', { start: 0, end: 0 })).not.toThrow();
  expect(first).toEqual(await run());
  expect(first.found.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'a/a.go abandoned-sender', 'b/b.go unclosed-body', 'b/b.go abandoned-sender', 'c/c.go abandoned-sender', 'c/c.go abandoned-sender', 'd/d.go abandoned-sender']);
  expect(first.problems.map(({ id, path = '' }) => `${id} ${path.slice(root.length + 1)}`)).toEqual(['not-understood c/c.go']);
});
