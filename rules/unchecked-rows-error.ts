import { describeCall, type Finding, type Pass, type Rule, siteIn, type UncheckedRows, uncheckedRows } from '../src/rule.ts';

export const uncheckedRowsError: Rule = {
  id: 'unchecked-rows-error',
  summary: 'A loop over the rows of a query after which nobody asks whether an error ended it.',
  severity: 'note',
  *check(pass: Pass) {
    for (const rows of uncheckedRows(pass)) yield finding(rows);
  },
};

function finding({ body, variable, query, next }: UncheckedRows): Finding {
  const { name } = variable;
  return {
    at: siteIn(body.info, { start: query.start, end: query.fun.end }),
    confidence: 'high',
    message: `Nobody reads ${name}.Err() after the loop over the rows of ${describeCall(query, body)}. ${name}.Next() also gives false when the connection breaks or the time is up, and what was read until then looks complete. Check ${name}.Err() after the loop.`,
    trail: [
      { at: siteIn(body.info, query), note: 'the rows come from here' },
      { at: siteIn(body.info, next), note: 'the loop ends here, at the last row or at an error' },
    ],
  };
}
