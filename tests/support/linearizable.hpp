// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace support {

namespace inner {

// The merges of two lists. Where two of them have led to the same place with equal models, what follows is looked at once: else a list that
// nothing explains, of steps that change little, would be looked at for ever.
template <class Model, class Step, class Answers, class Ends>
class Merges {
 public:
  Merges(const std::vector<Step>& one, const std::vector<Step>& other, const Answers& answers, const Ends& ends)
      : one_(one), other_(other), answers_(answers), ends_(ends) {}

  bool any_from(const Model& model, std::size_t of_one, std::size_t of_other) {
    if (of_one == one_.size() && of_other == other_.size()) return ends_(model);
    if (was_seen(model, of_one, of_other)) return false;
    if (of_one < one_.size()) {
      Model next = model;
      if (answers_(next, one_[of_one]) && any_from(next, of_one + 1, of_other)) return true;
    }
    if (of_other < other_.size()) {
      Model next = model;
      if (answers_(next, other_[of_other]) && any_from(next, of_one, of_other + 1)) return true;
    }
    return false;
  }

 private:
  bool was_seen(const Model& model, std::size_t of_one, std::size_t of_other) {
    if constexpr (std::equality_comparable<Model>) {
      std::vector<Model>& seen = seen_[{of_one, of_other}];
      if (std::find(seen.begin(), seen.end(), model) != seen.end()) return true;
      seen.push_back(model);
    }
    return false;
  }

  const std::vector<Step>& one_;
  const std::vector<Step>& other_;
  const Answers& answers_;
  const Ends& ends_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Model>> seen_;
};

}  // namespace inner

/// Whether what two threads did, each in its own order, can have happened one after the other: some way to merge the two lists has a
/// sequential model answer as they were answered, and end as they ended.
///
/// \param model Copied for each branch. With an `==`, many steps are no burden.
/// \param answers `bool(Model&, const Step&)`: makes the step in the model, and tells whether the model's answer is that of the step.
/// \param ends `bool(const Model&)`: whether what was seen after both had finished fits.
template <class Model, class Step, class Answers, class Ends>
bool linearizable(const Model& model, const std::vector<Step>& one, const std::vector<Step>& other, const Answers& answers,
                  const Ends& ends) {
  return inner::Merges<Model, Step, Answers, Ends>{one, other, answers, ends}.any_from(model, 0, 0);
}

}  // namespace support
