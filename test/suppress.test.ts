import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rules } from '../rules/index.ts';
import { lint } from '../src/lint.ts';
import { positionAt } from '../src/source/text.ts';
import { applySuppressions } from '../src/suppress.ts';

/** Lines that are still reported, and the ids of problems with their lines. */
async function after(body: string): Promise<{ kept: number[]; problems: string[] }> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'suppress-')));
  writeFileSync(join(root, 'go.mod'), 'module a\n\ngo 1.25\n');
  writeFileSync(join(root, 'a.go'), body);
  const result = await lint({ cwd: root, patterns: ['.'], rules, tests: true, generated: false, tags: new Set() });
  expect(result.diagnostics.length).toBeGreaterThan(0);
  const { kept, problems } = applySuppressions(result.diagnostics, result.suppressing, new Set(rules.map(r => r.id)));
  return { kept: kept.map(d => positionAt(d.at.source, d.at.start).line), problems: problems.map(p => `${p.id}:${p.line}`) };
}

const leak = (before: string, behind: string) => `package a\n\nimport "net/http"\n\n${before}func f() {\n\thttp.Get("x")${behind}\n}\n`;

test.each([
  ['//nolint', ' //nolint'],
  ['nolint with the tool', ' //nolint:go-leak-lint // known'],
  ['nolint with tool and rule', ' //nolint:go-leak-lint,unclosed-body // known'],
  ['nolint with another tool and the rule', ' //nolint:gosec,unclosed-body'],
  ['lint:ignore', ' //lint:ignore unclosed-body the process ends'],
  ['lint:ignore with a glob', ' //lint:ignore unclosed-* the process ends'],
  ['own directive', ' //go-leak-lint:ignore unclosed-body -- the process ends'],
])('%s on the line', async (_, comment) => {
  expect(await after(leak('', comment))).toEqual({ kept: [], problems: [] });
});

test('above a function it covers the function', async () => {
  expect((await after(leak('//nolint:unclosed-body\n', ''))).kept).toEqual([]);
});

test('another tool\'s comment covers nothing and is not ours to complain about', async () => {
  expect(await after(leak('', ' //nolint:gosec'))).toEqual({ kept: [6], problems: [] });
});

test('the tool with another rule leaves this one, and is unused', async () => {
  expect(await after(leak('', ' //nolint:go-leak-lint,select-without-done'))).toEqual({ kept: [6], problems: ['unused-suppression:6'] });
});

test('a reason is needed', async () => {
  expect(await after(leak('', ' //lint:ignore unclosed-body'))).toEqual({ kept: [6], problems: ['suppression-without-reason:6'] });
});

test('in a string it is no comment', async () => {
  expect((await after(leak('', '; _ = "//nolint"'))).kept).toEqual([6]);
});
