// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <vector>

namespace support {

/// Whether what two threads did, each in its own order, can have happened one after the other: some way to merge the two lists has a
/// sequential model answer as they were answered, and end as they ended.
///
/// \param model Copied for each branch.
/// \param answers `bool(Model&, const Step&)`: makes the step in the model, and tells whether the model's answer is that of the step.
/// \param ends `bool(const Model&)`: whether what was seen after both had finished fits.
template <class Model, class Step, class Answers, class Ends>
bool linearizable(const Model& model, const std::vector<Step>& one, const std::vector<Step>& other, const Answers& answers,
                  const Ends& ends, std::size_t of_one = 0, std::size_t of_other = 0) {
  if (of_one == one.size() && of_other == other.size()) return ends(model);
  if (of_one < one.size()) {
    Model next = model;
    if (answers(next, one[of_one]) && linearizable(next, one, other, answers, ends, of_one + 1, of_other)) return true;
  }
  if (of_other < other.size()) {
    Model next = model;
    if (answers(next, other[of_other]) && linearizable(next, one, other, answers, ends, of_one, of_other + 1)) return true;
  }
  return false;
}

}  // namespace support
