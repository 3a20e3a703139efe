import { expect, test } from 'vitest';
import { fits, functionAt, isGoStatement, lockNameAt, loopAt, statementAround } from '../../src/runtime/lines.ts';
import type { Source } from '../../src/source/text.ts';

const source: Source = {
  path: '/a.go',
  text: `package a

func (s *Store[K]) send(ch chan int) {
	ch <- f(
		1,
		2,
	)
	v, ok :=
		<-ch // a receive of ch
	if x := 1; x ==
		<-ch {
	}
	s.
		mu.
		Lock()
	select {
	case v := <-ch:
		go func() {
			work()
		}()
	case <-done:
	}
	i++
	for {
		work() // go on
	}
}

func plain() { go work() }

func (Value) method() {}
`,
};

/** The one-based line of the first line with this text. */
const line = (text: string) => source.text.split('\n').findIndex(l => l.includes(text)) + 1;

test.each([['ch <- f(', 'ch <- f(', '2,'], ['<-ch // a', 'v, ok :=', '<-ch // a'], ['v, ok :=', 'v, ok :=', '<-ch // a'], ['mu.', 's.', 'Lock()'], ['case <-done:', 'select {', 'case <-done:'], ['for {', 'for {', 'for {']])(
  'the statement around `%s`', (at, first, last) => {
    const { first: from, last: to } = statementAround(source, line(at));
    expect([from, to]).toEqual([line(first), last === '2,' ? line(last) + 1 : line(last)]);
  });

test('where a goroutine in a state can stand', () => {
  expect(fits(source, line('ch <- f('), 'send')).toBe(true);
  expect(fits(source, line('v, ok :='), 'receive')).toBe(true);
  expect(fits(source, line('i++'), 'receive')).toBe(false);
  expect(fits(source, line('select {'), 'select')).toBe(true);
  expect(fits(source, line('work() // go'), 'receive')).toBe(false);
  expect(fits(source, line('ch <- f('), 'run')).toBe(false);
});

test.each([
  ['ch <- v', 'send'], ['s.out[i] <- <-in', 'send'], ['s.out[i] <- <-in', 'receive'], ['<-ch', 'receive'], ['v := <-ch', 'receive'], ['case <-ch:', 'receive'], ['return <-ch', 'receive'],
  ['f(1, <-ch)', 'receive'], ['case ch <- v:', 'send'], ['for v := range ch {', 'receive'], ['if <-ch == 1 {', 'receive'], ['make(chan int) <- 1', 'send'],
] as const)('`%s` can be a %s', (text, op) => {
  expect(fits({ path: '/b.go', text }, 1, op)).toBe(true);
});

test.each([['ch <- v', 'receive'], ['case ch <- v:', 'receive'], ['<-ch', 'send'], ['x := <-ch', 'send'], ['f(<-ch)', 'send'], ['case <-ch:', 'send'], ['return <-ch', 'send']] as const)('`%s` is no %s', (text, op) => {
  expect(fits({ path: '/b.go', text }, 1, op)).toBe(false);
});

test('go statements, and not the word in a comment', () => {
  expect(isGoStatement(source, line('go func()'))).toBe(true);
  expect(isGoStatement(source, line('func plain'))).toBe(true);
  expect(isGoStatement(source, line('work() // go on'))).toBe(false);
});

test('functions, loops and locks by name', () => {
  expect(functionAt(source, line('i++'))).toBe('(*Store).send');
  expect(functionAt(source, line('func plain'))).toBe('plain');
  expect(functionAt(source, line('method'))).toBe('Value.method');
  expect(loopAt(source, line('for {'))).toEqual({ first: line('for {'), last: line('for {') + 2 });
  expect(loopAt(source, line('i++'))).toBeUndefined();
  expect(lockNameAt({ path: '/b.go', text: 's.mu.RLock()' }, 1)).toBe('mu');
});
