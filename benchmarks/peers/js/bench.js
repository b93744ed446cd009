// SPDX-License-Identifier: BSL-1.0

// Measures cockatiel. `bench.js WORKLOAD` prints one tab-separated row: library, workload, median, min and max (ns per
// call), ratio to the bare asynchronous call, -, bytes allocated per call. `bench.js hold LIBRARY` holds 100 000 calls
// in backoff sleep. One process per workload, so that no workload spoils the inline caches of another.
import {
  BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, ConstantBackoff, ExponentialBackoff, handleAll, bulkhead, retry,
  timeout, TimeoutStrategy, wrap,
} from 'cockatiel';

const rounds = 21;
const roundNs = 20e6;
const held = 100_000;
const hour = 3_600_000;

let source = 7;
let sink;
const operation = async () => source;

let calls = 0;
const failsTwice = async () => {
  if (++calls % 3 !== 0) throw failure;
  return source;
};
const failure = new Error('fails');

async function timed(batch, call) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < batch; i++) sink = await call();
  return Number(process.hrtime.bigint() - start);
}

async function samplesOf(call) {
  const warm = process.hrtime.bigint() + 1_000_000_000n;
  while (process.hrtime.bigint() < warm) await timed(100, call);
  let batch = 1;
  while ((await timed(batch, call)) < roundNs) batch *= 2;
  const samples = [];
  for (let i = 0; i < rounds; i++) samples.push((await timed(batch, call)) / batch);
  return samples.sort((a, b) => a - b);
}

// Needs a young generation that outlasts the counted calls (--max-semi-space-size).
async function bytesOf(call) {
  const counted = 10_000;
  gc();
  const before = process.memoryUsage().heapUsed;
  await timed(counted, call);
  return (process.memoryUsage().heapUsed - before) / counted;
}

const retried = (attempts = 4) => retry(handleAll, { maxAttempts: attempts, backoff: new ExponentialBackoff({ initialDelay: 1000, maxDelay: 32_000 }) });
const breaker = (failures = 3) => circuitBreaker(handleAll, { halfOpenAfter: 60_000, breaker: new ConsecutiveBreaker(failures) });
const guarded = policy => () => policy.execute(operation);

const workloads = {
  'bare': () => operation,
  'b retry': () => guarded(retried()),
  'breaker alone': () => guarded(breaker()),
  'c breaker+retry': () => guarded(wrap(retried(), breaker())),
  'bulkhead+breaker+retry (has no rate limiter)': () => guarded(wrap(retried(), breaker(), bulkhead(64))),
  'e timeout+breaker+retry': () => guarded(wrap(timeout(60_000, TimeoutStrategy.Cooperative), retried(), breaker())),
  'f fails twice': () => {
    const policy = retry(handleAll, { maxAttempts: 4, backoff: new ConstantBackoff(0) });
    return () => policy.execute(failsTwice);
  },
  'g open breaker': () => {
    const open = breaker();
    open.isolate();
    return async () => {
      try {
        await open.execute(operation);
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) return error;
      }
    };
  },
};

async function hold(library) {
  const sleeper = retry(handleAll, { maxAttempts: 4, backoff: new ConstantBackoff(hour) });
  const policy = wrap(sleeper, breaker(2 * held));
  let failed = 0;
  const fails = async () => {
    failed++;
    throw failure;
  };
  const call = {
    cockatiel: () => policy.execute(fails),
    sleep: () => fails().catch(() => new Promise(resume => setTimeout(resume, hour))),
  }[library];
  gc();
  const before = process.memoryUsage();
  const waiting = [];
  for (let i = 0; i < held; i++) waiting.push(call());
  await new Promise(resume => setTimeout(resume, 2000));
  gc();
  const after = process.memoryUsage();
  if (failed !== held) throw new Error('not every call is waiting');
  const each = name => ((after[name] - before[name]) / held).toFixed(0);
  const label = library === 'sleep' ? 'bare promise' : library;
  console.log([label, 'j waiting call, RSS bytes', each('rss')].join('\t'));
  console.log([label, 'j waiting call, live heap bytes', each('heapUsed')].join('\t'));
  process.exit(0);
}

if (process.argv[2] === 'hold') {
  await hold(process.argv[3]);
} else {
  for (const [name, make] of Object.entries(workloads)) {
    if (name !== process.argv[2]) continue;
    const bare = (await samplesOf(operation))[rounds >> 1];
    const call = make();
    const samples = await samplesOf(call);
    const median = samples[rounds >> 1];
    const bytes = await bytesOf(call);
    console.log([name === 'bare' ? 'node' : 'cockatiel', name, median.toFixed(2), samples[0].toFixed(2), samples.at(-1).toFixed(2), (name === 'bare' ? 1 : median / bare).toFixed(1), '-1', bytes.toFixed(0)].join('\t'));
  }
  if (process.argv[2] === 'names') console.log(Object.keys(workloads).join('\n'));
}
