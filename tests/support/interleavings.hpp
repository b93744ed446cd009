// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace support {

/// Runs a few small threads in every order that the operations on their `SteppedAtomic`s can have, one operation at a time. What weaker
/// orders of memory would allow beyond that is not seen.
class Interleavings {
 public:
  /// \param scene Called for each interleaving: gives the threads' bodies, whatever they share, and what must hold at the end.
  /// \return How many interleavings there were.
  struct Scene {
    std::vector<std::function<void()>> threads;
    std::function<void()> check;
  };

  static std::size_t all(const std::function<Scene()>& scene) {
    std::vector<Choice> path;
    std::size_t runs = 0;
    do {
      const Scene one = scene();
      Interleavings{one.threads}.run(path);
      one.check();
      ++runs;
    } while (next(path));
    return runs;
  }

  /// For atomics: waits until this thread may go on. Threads of nobody go on at once.
  static void step() {
    if (Interleavings* const run = running_) run->wait_for_turn();
  }

 private:
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  enum class Turn { scheduler, thread };

  explicit Interleavings(const std::vector<std::function<void()>>& bodies) : bodies_(bodies) {}

  static bool next(std::vector<Choice>& path) {
    while (!path.empty() && path.back().taken + 1 == path.back().of) path.pop_back();
    if (path.empty()) return false;
    ++path.back().taken;
    return true;
  }

  void run(std::vector<Choice>& path) {
    std::vector<std::thread> threads;
    std::vector<std::size_t> alive;
    for (std::size_t i = 0; i < bodies_.size(); ++i) {
      alive.push_back(i);
      threads.emplace_back([this, i] {
        running_ = this;
        me_ = i;
        wait_for_turn();
        bodies_[i]();
        const std::lock_guard lock{mutex_};
        finished_ = true;
        turn_ = Turn::scheduler;
        changed_.notify_all();
      });
    }
    for (std::size_t depth = 0; !alive.empty(); ++depth) {
      if (depth == path.size()) path.push_back({0, alive.size()});
      const std::size_t chosen = path[depth].taken;
      if (give_turn_to(alive[chosen])) alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    for (std::thread& thread : threads) thread.join();
  }

  // True when the thread has come to its end.
  bool give_turn_to(std::size_t thread) {
    std::unique_lock lock{mutex_};
    finished_ = false;
    next_ = thread;
    turn_ = Turn::thread;
    changed_.notify_all();
    changed_.wait(lock, [this] { return turn_ == Turn::scheduler; });
    return finished_;
  }

  void wait_for_turn() {
    std::unique_lock lock{mutex_};
    if (started_.size() <= me_) started_.resize(bodies_.size());
    if (started_[me_]) {  // hand the turn back before the next operation
      turn_ = Turn::scheduler;
      changed_.notify_all();
    }
    started_[me_] = true;
    changed_.wait(lock, [this] { return turn_ == Turn::thread && next_ == me_; });
  }

  static inline thread_local Interleavings* running_ = nullptr;
  static inline thread_local std::size_t me_ = 0;

  const std::vector<std::function<void()>>& bodies_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> started_;
  std::size_t next_ = 0;
  Turn turn_ = Turn::scheduler;
  bool finished_ = false;
};

/// An atomic whose operations are the steps of `Interleavings`.
template <class T>
class SteppedAtomic {
 public:
  constexpr SteppedAtomic(T value = {}) noexcept : value_(value) {}

  T load(std::memory_order) const noexcept {
    Interleavings::step();
    return value_.load();
  }
  void store(T value, std::memory_order) noexcept {
    Interleavings::step();
    value_.store(value);
  }
  T exchange(T value, std::memory_order) noexcept {
    Interleavings::step();
    return value_.exchange(value);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order) noexcept {
    Interleavings::step();
    return value_.compare_exchange_strong(expected, value);
  }

 private:
  std::atomic<T> value_;
};

}  // namespace support
