/** The documents of the rules are true: their Go blocks are linted, each as a module of its own, with the configuration of a YAML block. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rules } from '../rules/index.ts';
import type { Declared } from '../src/contracts/declared.ts';
import { lint } from '../src/lint.ts';
import { declaredIn } from './declared.ts';
import type { Rule } from '../src/rule.ts';
import { positionAt } from '../src/source/text.ts';

const HEADINGS = ['Leaks', 'Instead', 'Not reported'];

/** The version a rule's blocks are written for, where the newest has nothing to report. */
const VERSIONS: Readonly<Record<string, string>> = { 'timer-reset-without-stop': '1.22', 'time-after-in-loop': '1.22', 'time-tick': '1.22', 'unstopped-timer': '1.22' };
const NEWEST = '1.25';

/** The packages a snippet may use without saying so. */
const IMPORTS: Readonly<Record<string, string>> = {
  bufio: 'bufio', bytes: 'bytes', context: 'context', errors: 'errors', exec: 'os/exec', fmt: 'fmt', http: 'net/http',
  io: 'io', iter: 'iter', json: 'encoding/json',
  log: 'log', net: 'net', os: 'os', signal: 'os/signal', sql: 'database/sql', strings: 'strings', sync: 'sync', testing: 'testing', time: 'time',
};

interface Block {
  readonly heading: string;
  readonly code: string;
  /** One-based line of its first line in the document. */
  readonly line: number;
}

const temporary = mkdtempSync(join(tmpdir(), 'go-leak-lint-docs-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

for (const rule of rules) {
  const text = readFileSync(join(import.meta.dirname, '..', 'rules', `${rule.id}.md`), 'utf8');
  const blocks = goBlocks(text);
  const yaml = /^```yaml\n([^]*?)^```$/m.exec(text)?.[1];
  // Each block declares only some of what the names are about.
  const declared = yaml === undefined ? undefined : { ...declaredIn(yaml), names: [] };

  test(`${rule.id}: title, introduction and headings`, () => {
    expect(text).toMatch(new RegExp(`^# ${rule.id}\n\n[^#\n]`));
    expect([...text.matchAll(/^## (.+)$/gm)].map(match => match[1])).toEqual(HEADINGS);
    expect(blocks.map(({ heading }) => heading)).toEqual(expect.arrayContaining(['Leaks', 'Instead']));
  });

  for (const block of blocks) {
    test(`${rule.id}.md:${block.line}, ${block.heading}`, async () => {
      const findings = await findingsIn(block, rule, declared);
      if (block.heading === 'Leaks') expect(findings).not.toEqual([]);
      else expect(findings).toEqual([]);
    });
  }
}

function goBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { line: number; code: string[] } | undefined;
  text.split('\n').forEach((line, i) => {
    if (open && line.startsWith('```')) {
      blocks.push({ heading, code: open.code.join('\n'), line: open.line });
      open = undefined;
    } else if (open) open.code.push(line);
    else if (line === '```go') open = { line: i + 2, code: [] };
    else if (line.startsWith('## ')) heading = line.slice(3);
  });
  return blocks;
}

/** What the default output shows for a block, as `line: message` with the lines of the document. */
async function findingsIn({ code, line }: Block, rule: Rule, declared: Declared | undefined): Promise<string[]> {
  const folder = join(temporary, `${rule.id}-${line}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'go.mod'), `module example.com/snippet\n\ngo ${VERSIONS[rule.id] ?? NEWEST}\n`);
  const head = headOf(code);
  writeFileSync(join(folder, 'snippet.go'), `${head}${code}\n`);
  const { diagnostics, problems } = await lint({ cwd: folder, patterns: ['./...'], rules: [rule], tests: true, generated: false, tags: new Set(), declared });
  expect(problems.filter(({ level }) => level !== 'note')).toEqual([]);
  const offset = line - head.split('\n').length;
  return diagnostics.filter(({ confidence }) => confidence !== 'low')
    .map(({ at, message }) => `${positionAt(at.source, at.start).line + offset}: ${message}`);
}

/** Package clause and imports; `main` where the snippet has a `main` function. */
function headOf(code: string): string {
  const names = [...new Set([...code.matchAll(/(?<![\w.])([a-z]+)\.[A-Z]/g)].map(match => match[1] ?? ''))];
  const paths = names.flatMap(name => IMPORTS[name] ?? []).sort();
  return [`package ${/^func main\(\)/m.test(code) ? 'main' : 'snippet'}`, '', ...paths.map(path => `import "${path}"`), '', ''].join('\n');
}
