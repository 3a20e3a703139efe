import type { ValueSpec } from '../ast.ts';

/** In a group of constants a line with names alone repeats the type and values of the one before it. */
export function repeated(specs: readonly ValueSpec[]): ValueSpec[] {
  let last: ValueSpec | undefined;
  return specs.map(spec => {
    if (spec.type || spec.values.length || !last) return (last = spec);
    return { ...spec, type: last.type, values: last.values };
  });
}
