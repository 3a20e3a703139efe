/** The configuration file as users meet it: found, named, wrong, overruled. */
import { expect, test } from 'vitest';
import { moduleWith, run } from './command.ts';

const POOL = 'package pool\n\ntype Conn struct{}\n\ntype Pool struct{ c *Conn }\n\nfunc (p *Pool) Get() *Conn { return p.c }\n\nfunc (p *Pool) Put(c *Conn) {}\n';
const LEAKS = 'package a\n\nimport (\n\t"net/http"\n\n\t"m/pool"\n)\n\nfunc f(p *pool.Pool) {\n\tc := p.Get()\n\t_ = c\n}\n\nfunc g() { http.Get("x") }\n';
const DECLARED = 'resources:\n  - { acquire: m/pool.(*Pool).Get, release: Put, noun: connection }\n';
const files = { '.git/HEAD': '', 'pool/pool.go': POOL, 'a/a.go': LEAKS, 'a/a_test.go': 'package a\n\nimport "net/http"\n\nfunc h() { http.Get("y") }\n' };

/** The places and rules of the findings. */
function findings(cwd: string, ...args: readonly string[]): string[] {
  return run(cwd, ...args).stdout.split('\n').flatMap(line => /^(\S+:\d+):\d+: .* \((.*)\)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
}

const all = ['a/a.go:10 unclosed-resource', 'a/a.go:14 unclosed-body', 'a/a_test.go:5 unclosed-body'];
const withoutFile = all.slice(1);

test('what is declared is reported; --no-config does without; --print=contracts shows it', () => {
  const root = moduleWith({ ...files, '.go-leak-lint.yml': DECLARED });
  expect(findings(root)).toEqual(all);
  expect(run(root).stdout).toMatch(/^a\/a\.go:10:7: The connection of p\.Get is never released with Put\. \(unclosed-resource\)\n/);
  expect(findings(root, '--no-config')).toEqual(withoutFile);
  expect(run(root, '--print=contracts', './a').stdout).toContain('10:7 acquires a connection as result 0');
});

test('it is looked for from the first pattern upward, to the root of the repository', () => {
  const root = moduleWith({ ...files, 'inner/.git/HEAD': '', 'inner/go.mod': 'module inner\n', 'inner/x.go': 'package x\n', '.go-leak-lint.yml': 'nonsense: 1\n', 'a/.go-leak-lint.json': '{"disable": ["unclosed-body"]}' });
  expect(findings(root, './a/...')).toEqual([]);
  expect(findings(`${root}/pool`, '../a/a.go')).toEqual([]);
  expect(findings(`${root}/a`)).toEqual([]);
  expect(run(root, './pool').stderr).toMatch(/^error: \.go-leak-lint\.yml:1:1: unknown key nonsense; /);
  expect(run(`${root}/inner`).status).toBe(0);
});

test('--config names one; excluded globs are relative to its folder', () => {
  const root = moduleWith({ ...files, 'etc/lint.yaml': DECLARED });
  expect(findings(root, '--config', 'etc/lint.yaml')).toEqual(all);
  expect(run(root, '--config', 'nosuch.yml')).toMatchObject({ status: 2, stderr: 'error: nosuch.yml: cannot read the configuration: no such file or directory\n' });
});

test('everything that is wrong is said at once, with its place, and nothing is checked', () => {
  const root = moduleWith({ ...files, '.go-leak-lint.yml': 'resources:\n  - aquire: m/pool.(*Pool).Get\n    release: Put\nenable: [unclosed-bdy]\ntests: maybe\n' });
  expect(run(root)).toEqual({
    status: 2, stdout: '', stderr: [
      'error: .go-leak-lint.yml:2:5: unknown key aquire; did you mean acquire?',
      'error: .go-leak-lint.yml:4:10: there is no rule unclosed-bdy; did you mean unclosed-body? (--list-rules shows all)',
      'error: .go-leak-lint.yml:5:8: true or false expected, not the text "maybe"', '',
    ].join('\n'),
  });
  expect(run(root, '--list-rules').status).toBe(0);
});

test('two files in one folder are one too many', () => {
  const root = moduleWith({ ...files, '.go-leak-lint.yml': DECLARED, '.go-leak-lint.json': '{}' });
  expect(run(root)).toMatchObject({ status: 2, stderr: 'error: .go-leak-lint.yml: .go-leak-lint.json lies beside it; keep one of them, or name one with --config\n' });
});

test('options on the command line win over the file', () => {
  const root = moduleWith({ ...files, '.go-leak-lint.yml': `${DECLARED}enable: [unclosed-body]\nfail-on: never\nmin-confidence: high\ntests: false\n` });
  expect(findings(root)).toEqual(['a/a.go:14 unclosed-body']);
  expect(run(root).status).toBe(0);
  expect(run(root, '--fail-on', 'warning').status).toBe(1);
  expect(findings(root, '--tests')).toEqual(withoutFile);
  expect(findings(root, '--enable', 'unclosed-resource')).toEqual(['a/a.go:10 unclosed-resource']);
  expect(findings(root, '--disable', 'unclosed-body')).toEqual([]);
});

test.each([
  ['a name anywhere', '[a.go]', ['a/a_test.go:5 unclosed-body']], ['a glob without a slash', '["*_test.go"]', all.slice(0, 2)],
  ['a folder', '[a]', []], ['a path', '[./a/a.go]', ['a/a_test.go:5 unclosed-body']], ['a glob with slashes', '["**/a/**"]', []], ['something else', '[b, x/a.go]', all],
])('exclude: %s', (_, globs, expected) => {
  const root = moduleWith({ ...files, '.go-leak-lint.yml': `${DECLARED}exclude: ${globs}\n` });
  expect(findings(root)).toEqual(expected);
  expect(findings(root, 'a/a.go', 'a/a_test.go')).toEqual(expected);
});

test('excluded files are not listed, their suppressions are nobody\'s business, and others still see into them', () => {
  const hidden = 'package a\n\nimport "net/http"\n\n//go-leak-lint:ignore unclosed-body -- generated\nfunc get() (*http.Response, error) { return http.Get("x") }\n';
  const root = moduleWith({ 'a/gen.go': hidden, 'a/a.go': 'package a\n\nfunc f() { get() }\n', '.go-leak-lint.yml': 'exclude: [gen.go]\n' });
  expect(run(root, '--show-files').stdout).toBe('a/a.go\n');
  expect(findings(root)).toEqual(['a/a.go:3 unclosed-body']);
  expect(run(root).stderr).not.toContain('suppression');
});

test('a declared function of a package that is not at hand', () => {
  const root = moduleWith({
    '.go-leak-lint.yml': 'resources:\n  - { acquire: example.com/away.(*Client).Open, release: Close, noun: channel }\n  - { acquire: example.com/away.New, release: Close, noun: client }\n',
    'a/a.go': 'package a\n\nimport "example.com/away"\n\nfunc f(c *away.Client) error {\n\tch, err := c.Open()\n\tif err != nil {\n\t\treturn err\n\t}\n\tif ch.Ping() {\n\t\treturn nil\n\t}\n\treturn ch.Close()\n}\n\nfunc g() {\n\tc, err := away.New()\n\tif err != nil {\n\t\treturn\n\t}\n\tc.Ping()\n}\n',
  });
  expect(findings(root)).toEqual(['a/a.go:6 unclosed-resource', 'a/a.go:17 unclosed-resource']);
});

test('a declared name that its package does not have is a warning, one that nobody imports a note', () => {
  const root = moduleWith({ ...files, 'pool/more.go': 'package pool\n\ntype Source interface{ Take() *Conn }\n\ntype Both struct{ *Pool }\n', '.go-leak-lint.yml': [
    'resources:', '  - { acquire: m/pool.(*Pool).Gte, release: Put }', '  - { acquire: m/pool.Source.Take, release: Put }',
    '  - { acquire: m/pool.Both.Get, release: Put }', 'handovers:', '  - m/pool.Push', '  - m/pool.(*Pol).Push', '  - m/pol.Push', '  - os.Exti', '  - net.Dial', '',
  ].join('\n') });
  expect(run(root, '--verbose').stderr.split('\n').filter(line => line.includes('.yml')).sort()).toEqual([
    'note: .go-leak-lint.yml:8: nothing that was read imports m/pol',
    'warning: .go-leak-lint.yml:2: Pool in m/pool has no method Gte; did you mean Get?',
    'warning: .go-leak-lint.yml:4: Get of Both is a method of the embedded Pool, and calls are known by that; write m/pool.Pool.Get',
    'warning: .go-leak-lint.yml:6: package m/pool declares no function Push',
    'warning: .go-leak-lint.yml:7: package m/pool declares no type Pol',
    'warning: .go-leak-lint.yml:9: package os declares no function Exti; did you mean Exit?',
  ]);
});
