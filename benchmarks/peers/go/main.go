// SPDX-License-Identifier: BSL-1.0

// Measures failsafe-go, sony/gobreaker and cenkalti/backoff.
//
//	bench                prints one tab-separated row per workload
//	bench hold LIBRARY   holds 100 000 calls in backoff sleep and prints the resident memory of each
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
)

const (
	rounds     = 21
	roundTime  = 10 * time.Millisecond
	held       = 100_000
	neverLimit = 1 << 30 // permits a second: more than any run uses
)

var (
	source   = 7
	sink     int
	errFails = errors.New("fails")
)

//go:noinline
func operation() (int, error) { return source, nil }

// failsTwice returns an operation whose every third call succeeds.
func failsTwice() func() (int, error) {
	calls := 0
	return func() (int, error) {
		if calls++; calls%3 != 0 {
			return 0, errFails
		}
		return operation()
	}
}

var bareMedian float64

func perCall(batch int, body func()) float64 {
	start := time.Now()
	for range batch {
		body()
	}
	return float64(time.Since(start).Nanoseconds()) / float64(batch)
}

// measure prints: library, workload, median, min, max (ns per call), ratio to bare, allocations and bytes per call.
func measure(library, workload string, body func()) {
	batch := 1
	for perCall(batch, body)*float64(batch) < float64(roundTime.Nanoseconds()) {
		batch *= 2
	}
	samples := make([]float64, rounds)
	for i := range samples {
		samples[i] = perCall(batch, body)
	}
	var before, after runtime.MemStats
	const counted = 1000
	runtime.ReadMemStats(&before)
	perCall(counted, body)
	runtime.ReadMemStats(&after)
	row(library, workload, samples, float64(after.Mallocs-before.Mallocs)/counted, float64(after.TotalAlloc-before.TotalAlloc)/counted)
}

func row(library, workload string, samples []float64, allocations, size float64) {
	slices.Sort(samples)
	median := samples[len(samples)/2]
	if workload == "bare" {
		bareMedian = median
	}
	fmt.Printf("%s\t%s\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\n", library, workload, median, samples[0], samples[len(samples)-1], median/bareMedian, allocations, size)
}

// measureShared runs body on two goroutines at once and prints the time one call takes each of them.
func measureShared(library string, body func()) {
	batch := 1
	for perCall(batch, body)*float64(batch) < float64(roundTime.Nanoseconds()) {
		batch *= 2
	}
	samples := make([]float64, rounds)
	for i := range samples {
		var group sync.WaitGroup
		start := time.Now()
		for range 2 {
			group.Go(func() { perCall(batch, body) })
		}
		group.Wait()
		samples[i] = float64(time.Since(start).Nanoseconds()) / float64(batch)
	}
	row(library, "h shared by 2 threads", samples, -1, -1)
}

func retry() retrypolicy.Builder[int] {
	return retrypolicy.NewBuilder[int]().WithBackoff(time.Second, 32*time.Second).WithJitterFactor(0.1).WithMaxRetries(4)
}

func breakerOf(failures uint) circuitbreaker.CircuitBreaker[int] {
	return circuitbreaker.NewBuilder[int]().WithFailureThreshold(failures).WithDelay(time.Minute).Build()
}

func breaker() circuitbreaker.CircuitBreaker[int] { return breakerOf(3) }

func must(value int, err error) {
	if err != nil {
		panic(err)
	}
	sink = value
}

func measureFailsafe() {
	const library = "failsafe-go"
	run := func(workload string, operation func() (int, error), policies ...failsafe.Policy[int]) func() {
		executor := failsafe.With(policies...)
		body := func() { must(executor.Get(operation)) }
		measure(library, workload, body)
		return body
	}
	limiter := ratelimiter.NewBursty[int](neverLimit, time.Second)
	run("b retry", operation, retry().Build())
	run("c breaker+retry", operation, retry().Build(), breaker())
	all := run("d limiter+breaker+retry", operation, retry().Build(), breaker(), limiter)
	run("e timeout+limiter+breaker+retry", operation, timeout.New[int](time.Minute), retry().Build(), breaker(), limiter)
	run("f fails twice", failsTwice(), retrypolicy.NewBuilder[int]().WithMaxRetries(4).Build())
	open := breaker()
	open.Open()
	rejected := failsafe.With(open)
	measure(library, "g open breaker", func() {
		if _, err := rejected.Get(operation); !errors.Is(err, circuitbreaker.ErrOpen) {
			panic("not rejected")
		}
	})
	measureShared(library, all)
}

func measureSmall() {
	background := context.Background()
	schedule := func() *backoff.ExponentialBackOff {
		return &backoff.ExponentialBackOff{InitialInterval: time.Second, RandomizationFactor: 0.1, Multiplier: 2, MaxInterval: 32 * time.Second}
	}
	retried := func(operation func() (int, error)) (int, error) {
		return backoff.Retry(background, operation, backoff.WithBackOff(schedule()), backoff.WithMaxTries(5))
	}
	measure("cenkalti/backoff", "b retry", func() { must(retried(operation)) })
	twice := failsTwice()
	measure("cenkalti/backoff", "f fails twice", func() {
		must(backoff.Retry(background, twice, backoff.WithBackOff(&backoff.ZeroBackOff{}), backoff.WithMaxTries(5)))
	})
	circuit := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{Timeout: time.Minute})
	measure("gobreaker", "breaker alone", func() { must(circuit.Execute(operation)) })
	guarded := func() (int, error) { return circuit.Execute(operation) }
	measure("gobreaker+backoff", "c breaker+retry", func() { must(retried(guarded)) })
	limiter := rate.NewLimiter(neverLimit, neverLimit)
	limited := func() (int, error) {
		if err := limiter.Wait(background); err != nil {
			return 0, err
		}
		return circuit.Execute(operation)
	}
	all := func() { must(retried(limited)) }
	measure("gobreaker+backoff+x/time", "d limiter+breaker+retry", all)
	measureShared("gobreaker+backoff+x/time", all)
	open := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{Timeout: time.Hour, ReadyToTrip: func(gobreaker.Counts) bool { return true }})
	open.Execute(func() (int, error) { return 0, errFails })
	measure("gobreaker", "g open breaker", func() {
		if _, err := open.Execute(operation); !errors.Is(err, gobreaker.ErrOpenState) {
			panic("not rejected")
		}
	})
}

func residentBytes() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kibibytes, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		panic(err)
	}
	return float64(kibibytes) * 1024
}

// hold prints the resident bytes of one call that sleeps between two attempts.
func hold(library string, call func(operation func() (int, error))) {
	runtime.GC()
	before := residentBytes()
	var failed atomic.Int64
	for range held {
		go call(func() (int, error) { failed.Add(1); return 0, errFails })
	}
	for failed.Load() < held {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Second)
	fmt.Printf("%s\tj waiting call, RSS bytes\t%.0f\n", library, (residentBytes()-before)/held)
}

func main() {
	hour := time.Hour
	if len(os.Args) > 2 && os.Args[1] == "hold" {
		switch os.Args[2] {
		case "failsafe-go":
			executor := failsafe.With[int](retrypolicy.NewBuilder[int]().WithBackoff(hour, 2*hour).WithMaxRetries(4).Build(), breakerOf(2*held))
			hold("failsafe-go", func(operation func() (int, error)) { executor.Get(operation) })
		case "cenkalti/backoff":
			hold("cenkalti/backoff", func(operation func() (int, error)) {
				backoff.Retry(context.Background(), operation, backoff.WithBackOff(backoff.NewConstantBackOff(hour)), backoff.WithMaxElapsedTime(0))
			})
		case "sleep":
			hold("bare goroutine", func(operation func() (int, error)) { operation(); time.Sleep(hour) })
		}
		return
	}
	measure("go", "bare", func() { must(operation()) })
	measureFailsafe()
	measureSmall()
}
