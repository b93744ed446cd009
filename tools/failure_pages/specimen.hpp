// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>         // TransportFault
#include <ductile/gemini/classification.hpp>  // Classification
#include <ductile/gemini/failures.hpp>        // FailureRow
#include <ductile/mock/exchange.hpp>          // Answer
#include <ductile/mock/scene.hpp>             // Scene

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::failure_pages {

/// A failure as the mock shows it to one fixed request, and what the classifier makes of it.
struct Specimen {
  mock::Scene scene;
  mock::Answer answer;
  std::optional<TransportFault> fault{};  ///< What a transport of ductile reports instead of the answer.
  gemini::Classification said;            ///< `ok()`: by itself it looks like a success.
};

[[nodiscard]] Specimen specimen_of(const gemini::FailureRow& row);

/// Status, the headers that matter and the body, as a block of text; empty when nothing of HTTP arrives. No key, no long base64.
[[nodiscard]] std::string shown(const Specimen& specimen);

/// Whether only the path tells the failure from another: it answers batches.get.
[[nodiscard]] bool is_of_batch(const gemini::FailureRow& row);

/// The body of the request; empty where it has none.
[[nodiscard]] std::string body_asking(const mock::Scene& scene);

/// The path and query that the request goes to.
[[nodiscard]] std::string path_of(const mock::Scene& scene);

/// What a person would search for, a line each: a sentence, a reason, the words of a transport. At least one.
[[nodiscard]] std::vector<std::string> symptoms_of(const gemini::FailureRow& row, const Specimen& specimen);

/// JSON as Python prints a dictionary, for which its SDK is known.
[[nodiscard]] std::string python(const boost::json::value& value);

/// How the SDKs of the service show it, as a list; empty when that is not known.
[[nodiscard]] std::string in_the_sdks(const gemini::FailureRow& row, const Specimen& specimen);

}  // namespace ductile::failure_pages
