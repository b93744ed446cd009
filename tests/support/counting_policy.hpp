// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "ledger.hpp"

#include <ductile/core/policy.hpp>

#include <cstdint>
#include <vector>

namespace ductile_test {

/// A policy that always gives the same answers and books its admissions in a ledger. May stand at any depth, any number of times.
class CountingPolicy {
 public:
  struct Call {
    std::uint64_t admission = 0;
  };

  explicit CountingPolicy(ductile::Admission admission = ductile::Admission::go(), ductile::Reaction reaction = ductile::Reaction::pass(),
                          Ledger& ledger = Ledger::global())
      : admission_(admission), reaction_(reaction), ledger_(&ledger) {}

  /// Keeps the verdicts that it settles with; `verdicts` must outlive the policy.
  [[nodiscard]] CountingPolicy telling(std::vector<ductile::Verdict>& verdicts) const {
    CountingPolicy telling = *this;
    telling.verdicts_ = &verdicts;
    return telling;
  }

  ductile::Admission admit(ductile::NoState&, Call& call, ductile::Now, const ductile::Attempt&) const noexcept {
    using Form = ductile::Admission::Form;
    if (admission_.form() == Form::go || admission_.form() == Form::go_at) call.admission = ledger_->grant();
    return admission_;
  }

  ductile::Admission granted(ductile::NoState&, Call& call, ductile::Now, const ductile::Attempt&, ductile::Grant grant) const noexcept {
    if (grant.status != ductile::Grant::Status::granted) return ductile::Admission::reject(admission_.why());
    call.admission = ledger_->grant();
    return ductile::Admission::go();
  }

  ductile::Reaction settle(ductile::NoState&, Call& call, ductile::Now, const ductile::Attempt&,
                           const ductile::Verdict& verdict) const noexcept {
    ledger_->settle(call.admission);
    if (verdicts_) verdicts_->push_back(verdict);
    return reaction_;
  }

 private:
  ductile::Admission admission_;
  ductile::Reaction reaction_;
  Ledger* ledger_;
  std::vector<ductile::Verdict>* verdicts_ = nullptr;
};

}  // namespace ductile_test
