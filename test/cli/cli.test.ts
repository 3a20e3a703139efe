/** The command as users run it: the compiled entry in a process of its own. */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { moduleWith, run } from './command.ts';

const LEAK = 'package a\n\nimport "net/http"\n\nfunc f() { http.Get("x") }\n';
const CLEAN = 'package b\n\nfunc g() {}\n';

const root = moduleWith({ 'a/a.go': LEAK, 'b/b.go': CLEAN });

test('a finding: exit status 1, findings to standard output, the summary to standard error', () => {
  const { status, stdout, stderr } = run(root);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^a\/a\.go:5:12: The response body of http\.Get is never closed: .* \(unclosed-body\)\n\ta\/a\.go:5:12: /);
  expect(stderr).toMatch(/^1 finding \(1 error\) in 2 packages, 2 files, /);
});

test.each([
  ['no finding', ['./b'], 0], ['--exit-zero', ['--exit-zero'], 0], ['--fail-on never', ['--fail-on', 'never'], 0], ['--disable', ['--disable', 'unclosed-body'], 0],
  ['a missing path', ['./nosuch'], 2], ['an unknown option', ['--bogus'], 2], ['an unknown rule', ['--enable', 'unclosed-bdy'], 2],
  ['an unknown format', ['--format', 'xml'], 2], ['a file that is no Go file', ['go.mod'], 2], ['a Go version that is none', ['--go', 'new'], 2],
])('%s', (_, args, status) => {
  expect(run(root, ...args).status).toBe(status);
});

test('errors say what is wrong and what to do, without a stack', () => {
  expect(run(root, '--enable', 'unclosed-bdy').stderr).toBe('error: there is no rule unclosed-bdy; did you mean unclosed-body? (--list-rules shows all)\n');
  expect(run(root, './nosuch').stderr).toMatch(/nosuch.*no such file or directory/);
  expect(run(root, '--bogus').stderr).not.toMatch(/\n\s+at /);
});

test('several formats at once, each into its file; one that cannot be written does not keep the other back', () => {
  const { status, stderr } = run(root, '-f', 'sarif:nosuch/x.sarif', '-f', 'json:out.json');
  expect(status).toBe(2);
  expect(stderr).toMatch(/error: nosuch\/x\.sarif: cannot write the sarif report/);
  expect(JSON.parse(readFileSync(join(root, 'out.json'), 'utf8'))).toMatchObject({ version: 1, findings: [{ rule: 'unclosed-body', path: 'a/a.go', line: 5 }] });
});

test('a single file: its package is read whole, only its own findings are shown', () => {
  const two = moduleWith({ 'a/a.go': LEAK, 'a/c.go': 'package a\n\nfunc h() {\n\tr, _ := get()\n\t_ = r.Status\n}\n', 'a/d.go': 'package a\n\nimport "net/http"\n\nfunc get() (*http.Response, error) { return http.Get("y") }\n' });
  const { stdout, stderr } = run(two, 'a/c.go');
  expect(stdout).toMatch(/^a\/c\.go:4:10: /);
  expect(stdout).not.toContain('a/a.go');
  expect(stderr).toContain('1 finding');
});

test('bad input is skipped with its reason, and the other findings stay', () => {
  const bad = moduleWith({
    'a/a.go': LEAK, 'a/binary.go': 'package a\u0000', 'garbage/g.go': '((( {{{ !!!\n', 'go.mod': 'module m\nnonsense here\n',
    'deep/d.go': `package deep\n\nimport "net/http"\n\nfunc f() { _ = ${'('.repeat(10_000)}1${')'.repeat(10_000)}; http.Get("x") }\n`,
    'crlf/c.go': '\uFEFFpackage crlf\r\n\r\nimport "net/http"\r\n\r\nfunc f() { http.Get("x") }',
    'broken/b.go': 'package broken\n\nimport "net/http"\n\nfunc (t *T[A]) Map[B any]() { http.Get("x") }\n\nfunc broken( {\n}\n\nfunc f() { http.Get("x") }\n',
  });
  symlinkSync('.', join(bad, 'loop'));
  const { status, stdout, stderr } = run(bad);
  expect(status).toBe(1);
  const places = stdout.split('\n').filter(line => !line.startsWith('\t')).map(line => line.split(': ')[0]).filter(Boolean);
  expect(places).toEqual(['a/a.go:5:12', 'broken/b.go:5:31', 'broken/b.go:10:12', 'crlf/c.go:5:12', expect.stringMatching(/^deep\/d\.go:5:/)]);
  expect(stderr).toMatch(/binary\.go: skipped: contains NUL bytes/);
  expect(stderr).toMatch(/g\.go: skipped: no package clause/);
  expect(stderr).toMatch(/go\.mod:2: unknown directive: nonsense/);
});

test('--stats says where the time went', () => {
  const root = moduleWith({ 'a/a.go': LEAK });
  expect(run(root, '--stats', '--no-cache').stderr).toMatch(/^parse +\d+ ms +[\d.]+ % +\d+ x$[^]*^all stages +\d+ ms$/m);
});

test('clean removes what was kept', () => {
  const root = moduleWith({ 'a/a.go': LEAK });
  run(root, '--cache-dir', 'kept');
  expect(run(root, 'clean', '--cache-dir', 'kept').stderr).toMatch(/^removed 1 file \(/);
  expect(run(root, 'clean', '--cache-dir', 'kept').stderr).toMatch(/^removed 0 files \(/);
});

test('--list-rules, --explain, --show-files, --print and --version answer', () => {
  expect(run(root, '--list-rules').stdout).toMatch(/^unbounded-goroutine +warning/);
  expect(run(root, '--explain', 'unclosed-body').stdout).toMatch(/^# unclosed-body\n/);
  expect(run(root, '--show-files').stdout).toBe('a/a.go\nb/b.go\n');
  expect(run(root, '--print=types', './a').stdout).toBe('m/a.f\n  5:12 net/http.Get : (*net/http.Response, error)\n');
  expect(run(root, '--print=flow', './a').stdout).toBe('m/a.f\nb0:\n  call http.Get("x")\n  return\n');
  expect(run(root, '--print=contracts', './a').stdout).toBe('m/a.f\n  5:12 acquires a response body as result 0\n');
  expect(run(root, '--version').stdout).toBe(`${JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version}\n`);
});

test('colours only where they are asked for', () => {
  expect(run(root, '--color', 'always').stdout).toContain('\u001b[');
  expect(run(root).stdout).not.toContain('\u001b[');
});

test('the first screen of the README shows what the examples print', () => {
  const shown = /```\n(examples\/[^`]*)```/.exec(readFileSync(join(packageRoot, 'README.md'), 'utf8'))?.[1];
  expect(shown).toContain('unclosed-body');
  expect(run(packageRoot, '--exit-zero', './examples/...').stdout.startsWith(shown ?? '-')).toBe(true);
});

const FIXABLE = 'package a\n\nimport "os"\n\nfunc f(path string) string {\n\tg, err := os.Open(path)\n\tif err != nil {\n\t\treturn ""\n\t}\n\treturn g.Name()\n}\n';
const FIXED = FIXABLE.replace('\t}\n', '\t}\n\tdefer g.Close()\n');

test('the summary says how many findings --fix would remove', () => {
  expect(run(moduleWith({ 'a/a.go': FIXABLE, 'b/b.go': LEAK })).stderr).toMatch(/^2 findings \(2 errors\) in 2 packages, 2 files, [\d.]+ s; 1 fixable with --fix\n$/);
  expect(run(root).stderr).not.toContain('fixable');
});

test('--diff prints a patch, changes nothing, and exits with 1 when there is one', () => {
  const folder = moduleWith({ 'a/a.go': FIXABLE, 'b/b.go': CLEAN });
  const { status, stdout, stderr } = run(folder, '--diff');
  expect(status).toBe(1);
  expect(stdout).toBe('--- a/a/a.go\n+++ b/a/a.go\n@@ -7,5 +7,6 @@\n \tif err != nil {\n \t\treturn ""\n \t}\n+\tdefer g.Close()\n \treturn g.Name()\n }\n');
  expect(stderr).toBe('1 fix in 1 file\n');
  expect(readFileSync(join(folder, 'a/a.go'), 'utf8')).toBe(FIXABLE);
  expect(run(folder, '--diff', '--exit-zero').status).toBe(0);
  expect(run(folder, '--diff', './b')).toEqual({ status: 0, stdout: '', stderr: '0 fixes in 0 files\n' });
});

test('--fix changes the files and reports what remains', () => {
  const folder = moduleWith({ 'a/a.go': FIXABLE, 'b/b.go': LEAK });
  const { status, stdout, stderr } = run(folder, '--fix');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^b\/b\.go:5:12: /);
  expect(stderr).toMatch(/^1 fixed, 1 finding \(1 error\) in 2 packages/);
  expect(readFileSync(join(folder, 'a/a.go'), 'utf8')).toBe(FIXED);
  expect(run(folder, '--fix', './a').status).toBe(0);
});

test('what is suppressed, or would not survive the rewriting, is not fixed', () => {
  const suppressed = FIXABLE.replace('os.Open(path)', 'os.Open(path) //go-leak-lint:ignore unclosed-file -- on purpose');
  const latin1 = Buffer.concat([Buffer.from(`${FIXABLE}// `), Buffer.from([0xe9, 0x0a])]);
  const folder = moduleWith({ 'a/a.go': suppressed, 'b/b.go': '' });
  writeFileSync(join(folder, 'b/b.go'), latin1);
  const { stderr } = run(folder, '--fix');
  expect(stderr).toMatch(/b\/b\.go: not fixed: the file is not valid UTF-8/);
  expect(readFileSync(join(folder, 'a/a.go'), 'utf8')).toBe(suppressed);
  expect(readFileSync(join(folder, 'b/b.go')).equals(latin1)).toBe(true);
});

test('--diff is neither a report nor --fix', () => {
  expect(run(root, '--diff', '--fix').status).toBe(2);
  expect(run(root, '--diff', '--format', 'json').stderr).toMatch(/cannot be used with option/);
});

test('JSON has the edits with their places', () => {
  const { stdout } = run(moduleWith({ 'a.go': FIXABLE }), '--format', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ findings: [{ fix: { message: 'Defer g.Close().', edits: [{ path: 'a.go', line: 9, column: 3, endLine: 9, endColumn: 3, text: '\n\tdefer g.Close()' }] } }] });
});
