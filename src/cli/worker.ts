/** What a worker thread runs. */
import { rules } from '../../rules/index.ts';
import { serve } from '../engine/pool.ts';

await serve(rules);
