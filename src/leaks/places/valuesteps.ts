/** The value behind an interface, as a step of a place: `s.handler` holds some `*counter`, which is `s.handler.(value counter)`. */

export function valueStep(type: string): string {
  return `${PREFIX}${type})`;
}

const PREFIX = '(value ';

/** The name of the type that stands behind the interface; undefined for a field. */
export function valueTypeOf(step: string | undefined): string | undefined {
  return step?.startsWith(PREFIX) ? step.slice(PREFIX.length, -1) : undefined;
}
