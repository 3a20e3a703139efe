/** Inputs for tests, as Go writes them. */
import { gzipSync } from 'node:zlib';

/** `debug=2` of a program that has leaked three senders. */
export const DUMP = `goroutine 341 [running]:
runtime/pprof.writeGoroutineStacks({0x81e580, 0xc000000000})
	/usr/local/go/src/runtime/pprof/pprof.go:764 +0x6a
net/http.(*conn).serve(0xc000490000, {0x820f28, 0xc00007c120})
	/usr/local/go/src/net/http/server.go:2102 +0x625
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3454 +0x485

goroutine 1 [IO wait, 3 minutes]:
internal/poll.runtime_pollWait(0x7f445ba6dec0, 0x72)
	/usr/local/go/src/runtime/netpoll.go:351 +0x85
main.main()
	/src/shop/main.go:12 +0x1f5

goroutine 20 [chan send, 2 minutes]:
example.com/shop/orders.(*Desk[...]).Take.func1()
	/src/shop/orders/orders.go:15 +0x35
created by example.com/shop/orders.(*Desk[...]).Take in goroutine 7
	/src/shop/orders/orders.go:14 +0x5b

goroutine 21 [chan send]:
example.com/shop/orders.(*Desk[...]).Take.func1()
	/src/shop/orders/orders.go:15 +0x35
created by example.com/shop/orders.(*Desk[...]).Take in goroutine 8
	/src/shop/orders/orders.go:14 +0x5b

goroutine 22 [chan send, 4 minutes, locked to thread]:
example.com/shop/orders.(*Desk[...]).Take.func1()
	/src/shop/orders/orders.go:15 +0x35
created by example.com/shop/orders.(*Desk[...]).Take in goroutine 9
	/src/shop/orders/orders.go:14 +0x5b
`;

export const COUNTED = `goroutine profile: total 5
3 @ 0x475b6e 0x40e205 0x40de57 0x698f96 0x47d6e1
# labels: {"tenant":"acme \\"co\\"", "worker":"mailer"}
#	0x698f95	example.com/shop/orders.(*Desk[...]).Take.func1+0x35	/src/shop/orders/orders.go:15

1 @ 0x439c17 0x474d85
#	0x474d84	internal/poll.runtime_pollWait+0x84		/usr/local/go/src/runtime/netpoll.go:351
#	0x4c4846	main.main+0x1f5				/src/shop/main.go:12
#	0x4c4847	runtime.main+0x1f5				/usr/local/go/src/runtime/proc.go:283

1 @ 0x475b6f
#	0x475b6f	runtime/pprof.writeRuntimeProfile+0xb0	/usr/local/go/src/runtime/pprof/pprof.go:796
`;

export interface Sample {
  readonly count: number;
  /** Innermost first: function, file, line. */
  readonly stack: readonly (readonly [string, string, number])[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** The stack of `COUNTED`'s senders as a profile has it, with the runtime's frames. */
export const SENDERS: Sample = {
  count: 3,
  stack: [['runtime.gopark', '/go/proc.go', 1], ['runtime.chansend1', '/go/chan.go', 2], ['example.com/shop/orders.(*Desk[go.shape.map[string][]int]).Take.func1', '/src/shop/orders/orders.go', 15]],
  labels: { tenant: 'acme' },
};

/** A profile as runtime/pprof writes it, before it is packed. */
export function profile(type: string, samples: readonly Sample[]): Buffer {
  const strings = [''];
  const text = (s: string) => (strings.includes(s) ? strings.indexOf(s) : strings.push(s) - 1);
  const frames = samples.flatMap(s => s.stack);
  const body = [
    message(1, [number(1, text(type)), number(2, text('count'))]),
    ...samples.map(({ count, stack, labels = {} }) => message(2, [
      message(1, stack.map(frame => varint(frames.indexOf(frame) + 1))), message(2, [varint(count)]),
      ...Object.entries(labels).map(([k, v]) => message(3, [number(1, text(k)), number(2, text(v))])),
    ])),
    ...frames.flatMap(([func, file, line], i) => [
      message(5, [number(1, i + 1), number(2, text(func)), number(4, text(file))]),
      message(4, [number(1, i + 1), message(4, [number(1, i + 1), number(2, line)])]),
    ]),
  ];
  return Buffer.concat([...body, ...strings.map(s => message(6, [Buffer.from(s)]))]);
}

export function packed(type: string, samples: readonly Sample[]): Buffer {
  return gzipSync(profile(type, samples));
}

function message(field: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
