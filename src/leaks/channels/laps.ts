/** Loops whose few rounds are written out (`for i := 0; i < 3; i++`) are gone round just so often. */
import type { Block, Op } from '../../flow/graph.ts';
import { endedLoops, type Loop, loopsOf } from '../../flow/loops.ts';
import type { Body } from '../bodies.ts';
import { exactRounds } from '../paths/rounds.ts';

/** The round that a way is in, of each loop that it has entered. */
export type Laps = ReadonlyMap<Loop, number>;

export const NO_LAPS: Laps = new Map();

export class CountedLoops {
  private readonly rounds: ReadonlyMap<Loop, number>;

  /** The loops with fewer than `limit` rounds in which an operation matters. */
  constructor(private readonly body: Body, limit: number, matters: (op: Op) => boolean) {
    const loops = loopsOf(body.graph).filter(({ blocks }) => [...blocks].some(({ ops }) => ops.some(matters)));
    this.rounds = new Map(loops.flatMap(loop => {
      const rounds = exactRounds(loop.stmt, body);
      return rounds !== undefined && rounds < limit ? [[loop, rounds] as const] : [];
    }));
  }

  has(loop: Loop): boolean {
    return this.rounds.has(loop);
  }

  /** The laps behind an edge; undefined where the loop is over already, or not yet. */
  after(from: Block, to: Block, laps: Laps): Laps | undefined {
    if (this.rounds.size === 0) return laps;
    const ended = endedLoops(from, to, this.body.graph);
    let next = laps;
    for (const [loop, rounds] of this.rounds) {
      const lap = laps.get(loop) ?? 0;
      if (ended.includes(loop) ? lap < rounds : from === loop.head && loop.blocks.has(to) && lap >= rounds) return undefined;
      if (to === loop.head) next = new Map([...next, [loop, loop.blocks.has(from) ? lap + 1 : 0]]);
    }
    return next;
  }

  keyOf(laps: Laps): string {
    return [...this.rounds.keys()].map(loop => laps.get(loop) ?? 0).join();
  }
}
