// SPDX-License-Identifier: BSL-1.0

import com.sun.management.ThreadMXBean;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Measures resilience4j. {@code Bench WORKLOAD} prints one tab-separated row: library, workload, median, min and max (ns
 * per call), ratio to the bare call, -, bytes allocated per call. One process per workload, as JMH forks, so that no
 * workload spoils the profile of another. {@code Bench hold} holds 100 000 calls in backoff sleep.
 */
public final class Bench {
  private static final int ROUNDS = 21;
  private static final long ROUND_NS = 10_000_000;
  private static final int HELD = 100_000;
  private static int source = 7;
  private static int sink;
  private static int calls;

  /** Not inlined: see the dontinline option in run.sh. */
  static Integer operation() {
    return source;
  }

  static final class Fails extends RuntimeException {
    Fails() {
      super("fails", null, false, false); // without a stack trace, whose cost would be the caller's and not the library's
    }
  }

  private static final Fails FAILURE = new Fails();

  static Integer failsTwice() {
    if (++calls % 3 != 0) {
      throw FAILURE;
    }
    return operation();
  }

  private static long timed(long batch, Supplier<Integer> call) {
    long start = System.nanoTime();
    for (long i = 0; i < batch; i++) {
      sink = call.get();
    }
    return System.nanoTime() - start;
  }

  private static long timedBare(long batch) {
    long start = System.nanoTime();
    for (long i = 0; i < batch; i++) {
      sink = operation();
    }
    return System.nanoTime() - start;
  }

  private interface Timed {
    long of(long batch);
  }

  private static double[] samplesOf(Timed timed) {
    long end = System.nanoTime() + 2_000_000_000L;
    while (System.nanoTime() < end) {
      timed.of(1000);
    }
    long batch = 1;
    while (timed.of(batch) < ROUND_NS) {
      batch *= 2;
    }
    double[] samples = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      samples[i] = (double) timed.of(batch) / batch;
    }
    Arrays.sort(samples);
    return samples;
  }

  private static void row(String library, String workload, double[] samples, double bare, double bytes) {
    double median = samples[ROUNDS / 2];
    System.out.printf(Locale.ROOT, "%s\t%s\t%.2f\t%.2f\t%.2f\t%.1f\t-1\t%.0f%n", library, workload, median, samples[0], samples[ROUNDS - 1], median / bare, bytes);
  }

  private static double bytesOf(Supplier<Integer> call) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().getId();
    long counted = 100_000;
    long before = threads.getThreadAllocatedBytes(self);
    timed(counted, call);
    return (double) (threads.getThreadAllocatedBytes(self) - before) / counted;
  }

  private static void measureShared(Supplier<Integer> call, double bare) throws Exception {
    timed(2_000_000, call);
    long batch = 200_000;
    double[] samples = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      CyclicBarrier start = new CyclicBarrier(2);
      long[] took = new long[2];
      Thread[] pair = new Thread[2];
      for (int i = 0; i < 2; i++) {
        int at = i;
        pair[i] = new Thread(() -> {
          try {
            start.await();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
          took[at] = timed(batch, call);
        });
        pair[i].start();
      }
      for (Thread thread : pair) {
        thread.join();
      }
      samples[round] = (double) Math.max(took[0], took[1]) / batch;
    }
    Arrays.sort(samples);
    row("resilience4j", "h shared by 2 threads", samples, bare, -1);
  }

  private static Retry retry() {
    return Retry.of("retry", RetryConfig.custom().maxAttempts(5).intervalFunction(IntervalFunction.ofExponentialRandomBackoff(1000, 2.0, 0.1, 32_000)).build());
  }

  private static RateLimiter limiter() {
    return RateLimiter.of("limiter", RateLimiterConfig.custom().limitForPeriod(1 << 30).limitRefreshPeriod(Duration.ofSeconds(1)).timeoutDuration(Duration.ZERO).build());
  }

  private static Supplier<Integer> guarded() {
    Supplier<Integer> limited = RateLimiter.decorateSupplier(limiter(), Bench::operation);
    return Retry.decorateSupplier(retry(), CircuitBreaker.decorateSupplier(CircuitBreaker.ofDefaults("breaker"), limited));
  }

  private static Supplier<Integer> workload(String name) {
    switch (name) {
      case "bare":
        return Bench::operation;
      case "b retry":
        return Retry.decorateSupplier(retry(), Bench::operation);
      case "breaker alone":
        return CircuitBreaker.decorateSupplier(CircuitBreaker.ofDefaults("breaker"), Bench::operation);
      case "c breaker+retry":
        return Retry.decorateSupplier(retry(), CircuitBreaker.decorateSupplier(CircuitBreaker.ofDefaults("breaker"), Bench::operation));
      case "d limiter+breaker+retry":
      case "h shared by 2 threads":
        return guarded();
      case "bulkhead+limiter+breaker+retry":
        return Bulkhead.decorateSupplier(Bulkhead.of("bulkhead", BulkheadConfig.custom().maxConcurrentCalls(64).build()), guarded());
      case "e timeout+limiter+breaker+retry": {
        TimeLimiter timeout = TimeLimiter.of(TimeLimiterConfig.custom().timeoutDuration(Duration.ofMinutes(1)).build());
        Supplier<Integer> all = guarded();
        return () -> {
          try {
            return timeout.executeFutureSupplier(() -> CompletableFuture.completedFuture(all.get()));
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
      }
      case "f fails twice":
        return Retry.decorateSupplier(Retry.of("retry", RetryConfig.custom().maxAttempts(5).intervalFunction(attempt -> 0L).build()), Bench::failsTwice);
      case "g open breaker": {
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
        breaker.transitionToForcedOpenState();
        Supplier<Integer> rejected = CircuitBreaker.decorateSupplier(breaker, Bench::operation);
        return () -> {
          try {
            return rejected.get();
          } catch (CallNotPermittedException expected) {
            return 0;
          }
        };
      }
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static long residentBytes() throws IOException {
    return Files.lines(Path.of("/proc/self/status")).filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.split("\\s+")[1]) * 1024).sum();
  }

  private static long liveHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static void hold() throws Exception {
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    Retry retry = Retry.of("retry", RetryConfig.custom().maxAttempts(5).waitDuration(Duration.ofHours(1)).build());
    CircuitBreaker breaker = CircuitBreaker.ofDefaults("breaker");
    breaker.transitionToMetricsOnlyState();
    CountDownLatch failed = new CountDownLatch(HELD);
    CompletableFuture<?>[] waiting = new CompletableFuture<?>[HELD];
    long heap = liveHeap();
    long resident = residentBytes();
    for (int i = 0; i < HELD; i++) {
      waiting[i] = retry.executeCompletionStage(scheduler, CircuitBreaker.decorateCompletionStage(breaker, () -> {
        failed.countDown();
        return CompletableFuture.failedFuture(FAILURE);
      })).toCompletableFuture();
    }
    failed.await();
    Thread.sleep(1000);
    System.out.printf("resilience4j\tj waiting call, RSS bytes\t%d%n", (residentBytes() - resident) / HELD);
    System.out.printf("resilience4j\tj waiting call, live heap bytes\t%d%n", (liveHeap() - heap) / HELD);
    System.exit(waiting.length - HELD);
  }

  public static void main(String[] args) throws Exception {
    if (args[0].equals("hold")) {
      hold();
    }
    Supplier<Integer> call = workload(args[0]);
    double bare = samplesOf(Bench::timedBare)[ROUNDS / 2];
    if (args[0].equals("bare")) {
      row("java", "bare", samplesOf(Bench::timedBare), bare, bytesOf(call));
    } else if (args[0].startsWith("h ")) {
      measureShared(call, bare);
    } else {
      row("resilience4j", args[0], samplesOf(batch -> timed(batch, call)), bare, bytesOf(call));
    }
  }
}
