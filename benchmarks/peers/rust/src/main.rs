// SPDX-License-Identifier: BSL-1.0

//! Measures tower, tower-resilience, backon and the failsafe crate.
//!
//! `bench` prints one tab-separated row per workload: library, workload, median, min and max (ns per call), ratio to
//! the bare call, allocations and bytes per call. `bench hold LIBRARY` holds 100 000 calls in backoff sleep.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ConstantBuilder, ExponentialBuilder, Retryable};
use failsafe::CircuitBreaker as _;
use tokio::runtime::Runtime;
use tower::retry::backoff::{Backoff, ExponentialBackoff, ExponentialBackoffMaker, MakeBackoff};
use tower::util::rng::HasherRng;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::TimeLimiterLayer;

const ROUNDS: usize = 21;
const ROUND_NS: f64 = 10e6;
const HELD: usize = 100_000;
const NEVER_LIMIT: u32 = 1 << 30;
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

struct Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static COUNTED: AtomicI32 = AtomicI32::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.load(Relaxed) != 0 {
            ALLOCATIONS.fetch_add(1, Relaxed);
            BYTES.fetch_add(layout.size() as u64, Relaxed);
        }
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Debug, PartialEq)]
struct Fails;
impl std::fmt::Display for Fails {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("fails")
    }
}
impl std::error::Error for Fails {}

type Outcome = Result<i32, Fails>;
static SOURCE: AtomicI32 = AtomicI32::new(7);

#[inline(never)]
fn operation() -> Outcome {
    Ok(SOURCE.load(Relaxed))
}

/// Every third call succeeds.
fn fails_twice() -> Outcome {
    thread_local!(static CALLS: RefCell<u64> = const { RefCell::new(0) });
    CALLS.with_borrow_mut(|calls| {
        *calls += 1;
        if *calls % 3 == 0 { operation() } else { Err(Fails) }
    })
}

struct Report {
    runtime: Runtime,
    bare: f64,
}

impl Report {
    fn row(&mut self, library: &str, workload: &str, mut samples: Vec<f64>, allocations: f64, bytes: f64) {
        samples.sort_by(f64::total_cmp);
        let median = samples[samples.len() / 2];
        if workload == "bare" {
            self.bare = median;
        }
        let (least, most) = (samples[0], samples[samples.len() - 1]);
        println!("{library}\t{workload}\t{median:.2}\t{least:.2}\t{most:.2}\t{:.1}\t{allocations:.1}\t{bytes:.0}", median / self.bare);
    }

    fn measure_batches(&mut self, library: &str, workload: &str, mut run: impl FnMut(&Runtime, u64)) {
        let mut timed = |runtime: &Runtime, batch: u64| {
            let start = Instant::now();
            run(runtime, batch);
            start.elapsed().as_nanos() as f64 / batch as f64
        };
        let mut batch = 1;
        while timed(&self.runtime, batch) * (batch as f64) < ROUND_NS {
            batch *= 2;
        }
        let samples = (0..ROUNDS).map(|_| timed(&self.runtime, batch)).collect();
        let calls = batch.min(1000);
        ALLOCATIONS.store(0, Relaxed);
        BYTES.store(0, Relaxed);
        COUNTED.store(1, Relaxed);
        timed(&self.runtime, calls);
        COUNTED.store(0, Relaxed);
        let each = |total: &AtomicU64| total.load(Relaxed) as f64 / calls as f64;
        self.row(library, workload, samples, each(&ALLOCATIONS), each(&BYTES));
    }

    fn measure(&mut self, library: &str, workload: &str, mut body: impl FnMut()) {
        self.measure_batches(library, workload, |_, batch| {
            for _ in 0..batch {
                body();
            }
        });
    }

    fn measure_async(&mut self, library: &str, workload: &str, mut body: impl AsyncFnMut()) {
        self.measure_batches(library, workload, |runtime, batch| {
            runtime.block_on(async {
                for _ in 0..batch {
                    body().await;
                }
            });
        });
    }

    fn measure_service<S>(&mut self, library: &str, workload: &str, mut service: S)
    where
        S: Service<(), Response = i32>,
        S::Error: std::fmt::Debug,
    {
        self.measure_async(library, workload, async || {
            black_box(service.ready().await.unwrap().call(()).await.unwrap());
        });
    }

    /// Two threads, each with its own runtime, call clones of one service (which share its policies) at once.
    fn measure_shared<S>(&mut self, library: &str, workload: &str, batch: u64, service: S)
    where
        S: Service<(), Response = i32> + Clone + Send,
        S::Error: std::fmt::Debug,
    {
        let samples = (0..ROUNDS)
            .map(|_| {
                let barrier = Barrier::new(2);
                let timed = |mut service: S| {
                    let runtime = runtime();
                    barrier.wait();
                    let start = Instant::now();
                    runtime.block_on(async {
                        for _ in 0..batch {
                            black_box(service.ready().await.unwrap().call(()).await.unwrap());
                        }
                    });
                    start.elapsed().as_nanos() as f64 / batch as f64
                };
                let [own, others] = [service.clone(), service.clone()];
                std::thread::scope(|scope| {
                    let other = scope.spawn(|| timed(others));
                    timed(own).max(other.join().unwrap())
                })
            })
            .collect();
        self.row(library, workload, samples, -1.0, -1.0);
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// The retry policy that tower asks its user to write: exponential backoff, at most five attempts.
#[derive(Clone)]
struct TowerRetry {
    backoff: ExponentialBackoff,
    left: u32,
}

impl TowerRetry {
    fn new(least: Duration, most: Duration) -> Self {
        let mut maker = ExponentialBackoffMaker::new(least, most, 0.1, HasherRng::default()).unwrap();
        Self { backoff: maker.make_backoff(), left: 4 }
    }
}

impl<E> tower::retry::Policy<(), i32, E> for TowerRetry {
    type Future = tokio::time::Sleep;
    fn retry(&mut self, _: &mut (), result: &mut Result<i32, E>) -> Option<Self::Future> {
        if result.is_ok() || self.left == 0 {
            return None;
        }
        self.left -= 1;
        Some(self.backoff.next_backoff())
    }
    fn clone_request(&mut self, request: &()) -> Option<()> {
        Some(*request)
    }
}

/// The same without a wait.
#[derive(Clone)]
struct TowerRetryAtOnce(u32);

impl<E> tower::retry::Policy<(), i32, E> for TowerRetryAtOnce {
    type Future = std::future::Ready<()>;
    fn retry(&mut self, _: &mut (), result: &mut Result<i32, E>) -> Option<Self::Future> {
        if result.is_ok() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(std::future::ready(()))
    }
    fn clone_request(&mut self, request: &()) -> Option<()> {
        Some(*request)
    }
}

fn measure_tower(report: &mut Report) {
    let inner = || service_fn(|(): ()| async { operation() });
    let retry = || TowerRetry::new(Duration::from_secs(1), Duration::from_secs(32));
    let second = Duration::from_secs(1);
    report.measure_service("tower", "bare async service", inner());
    report.measure_service("tower", "b retry", ServiceBuilder::new().retry(retry()).service(inner()));
    report.measure_service("tower", "limiter+retry (has no breaker)", ServiceBuilder::new().rate_limit(NEVER_LIMIT.into(), second).retry(retry()).service(inner()));
    report.measure_service("tower", "e timeout+limiter+retry", ServiceBuilder::new().timeout(MINUTE).rate_limit(NEVER_LIMIT.into(), second).retry(retry()).service(inner()));
    let shed = || ServiceBuilder::new().retry(retry()).load_shed().concurrency_limit(64).service(inner());
    report.measure_service("tower", "load-shed+concurrency+retry", shed());
    report.measure_shared("tower", "the same shared by 2 threads", 400_000, shed());
    report.measure_service("tower", "f fails twice", ServiceBuilder::new().retry(TowerRetryAtOnce(4)).service(service_fn(|(): ()| async { fails_twice() })));
}

fn measure_tower_resilience(report: &mut Report) {
    let library = "tower-resilience";
    let inner = || service_fn(|(): ()| async { operation() });
    fn retry<E>() -> RetryLayer<(), i32, E> {
        RetryLayer::builder().max_attempts(5).exponential_backoff(Duration::from_secs(1)).build()
    }
    let breaker = || CircuitBreakerLayer::standard().build().unwrap();
    let limiter = || RateLimiterLayer::per_second(NEVER_LIMIT as usize).build().unwrap();
    let timeout = TimeLimiterLayer::builder().timeout_duration(MINUTE).build();
    report.measure_service(library, "b retry", ServiceBuilder::new().layer(retry()).service(inner()));
    report.measure_service(library, "breaker alone", ServiceBuilder::new().layer(breaker()).service(inner()));
    report.measure_service(library, "c breaker+retry", ServiceBuilder::new().layer(retry()).layer(breaker()).service(inner()));
    let all = ServiceBuilder::new().layer(retry()).layer(breaker()).layer(limiter()).service(inner());
    report.measure_service(library, "d limiter+breaker+retry", all.clone());
    report.measure_service(library, "e timeout+limiter+breaker+retry", ServiceBuilder::new().layer(timeout).layer(retry()).layer(breaker()).layer(limiter()).service(inner()));
    let at_once = RetryLayer::<(), i32, Fails>::builder().max_attempts(5).fixed_backoff(Duration::ZERO).build();
    report.measure_service(library, "f fails twice", ServiceBuilder::new().layer(at_once).service(service_fn(|(): ()| async { fails_twice() })));
    let open = CircuitBreakerLayer::builder().failure_rate_threshold(0.1).sliding_window_size(10).minimum_number_of_calls(1).wait_duration_in_open(HOUR).build().unwrap();
    let mut rejecting = ServiceBuilder::new().layer(open).service(service_fn(|(): ()| async { Err::<i32, Fails>(Fails) }));
    report.runtime.block_on(async {
        for _ in 0..20 {
            let _ = rejecting.ready().await.unwrap().call(()).await;
        }
    });
    report.measure_async(library, "g open breaker", async || {
        assert!(rejecting.ready().await.unwrap().call(()).await.unwrap_err().is_circuit_open());
    });
    report.measure_shared(library, "h shared by 2 threads", 20_000, all);
}

fn measure_small(report: &mut Report) {
    let exponential = || ExponentialBuilder::default().with_min_delay(Duration::from_secs(1)).with_max_delay(Duration::from_secs(32)).with_max_times(4).with_jitter();
    let at_once = ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(4);
    report.measure("backon", "b retry", || {
        black_box(operation.retry(exponential()).call().unwrap());
    });
    report.measure("backon", "f fails twice", || {
        black_box(fails_twice.retry(at_once).call().unwrap());
    });
    report.measure_async("backon async", "b retry", async || {
        black_box((|| async { operation() }).retry(exponential()).await.unwrap());
    });
    report.measure_async("backon async", "f fails twice", async || {
        black_box((|| async { fails_twice() }).retry(at_once).await.unwrap());
    });

    let breaker = |failures| {
        let policy = failsafe::failure_policy::consecutive_failures(failures, failsafe::backoff::constant(HOUR));
        failsafe::Config::new().failure_policy(policy).build()
    };
    let closed = breaker(3);
    report.measure("failsafe", "breaker alone", || {
        black_box(closed.call(operation).unwrap());
    });
    let guarded = || closed.call(operation);
    report.measure("backon+failsafe", "c breaker+retry", || {
        black_box(guarded.retry(exponential()).call().unwrap());
    });
    let limiter = governor::RateLimiter::direct(governor::Quota::per_second(NEVER_LIMIT.try_into().unwrap()));
    let limited = || closed.call(|| limiter.check().map_err(|_| Fails).and_then(|()| operation()));
    let all = || {
        black_box(limited.retry(exponential()).call().unwrap());
    };
    report.measure("backon+failsafe+governor", "d limiter+breaker+retry", all);
    let batch = 500_000;
    let samples = (0..ROUNDS)
        .map(|_| {
            let barrier = Barrier::new(2);
            let timed = || {
                barrier.wait();
                let start = Instant::now();
                for _ in 0..batch {
                    all();
                }
                start.elapsed().as_nanos() as f64 / batch as f64
            };
            std::thread::scope(|scope| {
                let other = scope.spawn(timed);
                timed().max(other.join().unwrap())
            })
        })
        .collect();
    report.row("backon+failsafe+governor", "h shared by 2 threads", samples, -1.0, -1.0);
    let open = breaker(1);
    let _ = open.call(|| Err::<i32, _>(Fails));
    report.measure("failsafe", "g open breaker", || {
        assert!(matches!(open.call(operation), Err(failsafe::Error::Rejected)));
    });
}

fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1024.0
}

/// Prints the resident bytes of one task that sleeps between two attempts.
fn hold<F: Future + Send + 'static>(library: &str, call: impl Fn() -> F)
where
    F::Output: Send,
{
    runtime().block_on(async {
        let before = resident_bytes();
        for _ in 0..HELD {
            tokio::spawn(call());
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(ATTEMPTS.load(Relaxed), HELD as u64);
        println!("{library}\tj waiting call, RSS bytes\t{:.0}", (resident_bytes() - before) / HELD as f64);
    });
    std::process::exit(0);
}

static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

async fn always_fails() -> Outcome {
    ATTEMPTS.fetch_add(1, Relaxed);
    Err(Fails)
}

fn main() {
    match std::env::args().nth(2).as_deref() {
        Some("tower") => {
            let service = ServiceBuilder::new().retry(TowerRetry::new(HOUR, 2 * HOUR)).service(service_fn(|(): ()| always_fails()));
            hold("tower", move || service.clone().oneshot(()));
        }
        Some("tower-resilience") => {
            let retry = RetryLayer::builder().max_attempts(5).exponential_backoff(HOUR).build();
            let breaker = Arc::new(CircuitBreakerLayer::builder().sliding_window_size(4 * HELD).minimum_number_of_calls(4 * HELD).build().unwrap());
            let service = ServiceBuilder::new().layer(retry).layer(&*breaker).service(service_fn(|(): ()| always_fails()));
            hold("tower-resilience", move || service.clone().oneshot(()));
        }
        Some("backon") => hold("backon async", || async { always_fails.retry(ConstantBuilder::default().with_delay(HOUR)).await }),
        Some(_) => hold("bare tokio task", || async {
            let _ = always_fails().await;
            tokio::time::sleep(HOUR).await;
        }),
        None => {
            SOURCE.store(black_box(7), Relaxed); // or the optimiser folds the call into a constant
            let mut report = Report { runtime: runtime(), bare: 1.0 };
            let handle = report.runtime.handle().clone();
            let _entered = handle.enter();
            report.measure("rust", "bare", || {
                black_box(operation().unwrap());
            });
            measure_tower(&mut report);
            measure_tower_resilience(&mut report);
            measure_small(&mut report);
        }
    }
}
