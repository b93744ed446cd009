// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time
#include <ductile/detail/owned.hpp>

#include <cstdint>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// Something that is to happen. What was withdrawn does not.
class Plan {
 public:
  Plan(Time time, std::uint64_t number) noexcept : time_(time), number_(number) {}
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  virtual ~Plan() = default;

  virtual void happen() = 0;

  void withdraw() noexcept { withdrawn_ = true; }

 private:
  friend class Schedule;
  Time time_;
  std::uint64_t number_;
  bool withdrawn_ = false;
  int rank_ = 1;  // one more than the right's
  Plan* left_ = nullptr;
  Plan* right_ = nullptr;
};

// What is planned, in the order of its moments; of one moment, in the order of planning.
class Schedule {
  template <class Action>
  class PlanOf final : public Plan {
   public:
    PlanOf(Time time, std::uint64_t number, Action&& action) : Plan(time, number), action_(std::move(action)) {}
    void happen() override { static_cast<void>(action_()); }

   private:
    Action action_;
  };

 public:
  Schedule() = default;
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  ~Schedule() {
    while (first_) remove_first();
  }

  template <class Action>
  Plan& add(Time time, Action action) {
    auto* plan = new PlanOf<Action>(time, ++last_number_, std::move(action));
    first_ = merged(first_, plan);
    return *plan;
  }

  // To be asked before what follows.
  [[nodiscard]] bool has_next() noexcept {
    while (first_ && first_->withdrawn_) remove_first();
    return first_ != nullptr;
  }
  [[nodiscard]] Time next() const noexcept { return first_->time_; }
  [[nodiscard]] Owned<Plan> take() noexcept { return Owned<Plan>{std::exchange(first_, merged(first_->left_, first_->right_))}; }

 private:
  [[nodiscard]] static bool is_before(const Plan& one, const Plan& other) noexcept {
    return one.time_ != other.time_ ? one.time_ < other.time_ : one.number_ < other.number_;
  }

  // A leftist heap: the way to the right is the shortest, so it is as long as the logarithm of their number at most.
  [[nodiscard]] static Plan* merged(Plan* first, Plan* second) noexcept {
    if (!first) return second;
    if (!second) return first;
    if (is_before(*second, *first)) std::swap(first, second);
    first->right_ = merged(first->right_, second);
    if (rank(first->left_) < rank(first->right_)) std::swap(first->left_, first->right_);
    first->rank_ = rank(first->right_) + 1;
    return first;
  }
  [[nodiscard]] static int rank(const Plan* plan) noexcept { return plan ? plan->rank_ : 0; }

  void remove_first() noexcept { static_cast<void>(take()); }

  Plan* first_ = nullptr;
  std::uint64_t last_number_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
