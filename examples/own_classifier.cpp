// SPDX-License-Identifier: BSL-1.0
//
// A classifier of your own: says what your library's answers and exceptions mean. The raw value stays with the failure.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

// What some library gives.
struct Reply {
  int code = 0;
  std::string text;
};
struct ConnectionLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// [classifier]
struct ReplyClassifier {
  ductile::Verdict operator()(const Reply& reply) const {
    ductile::Verdict verdict;  // kind ok: a success
    if (reply.code == 0) return verdict;
    verdict.kind = reply.code == 7 ? ductile::Kind::overload : ductile::Kind::bad_request;
    verdict.remedy = ductile::default_remedy(verdict.kind);
    if (reply.code == 7) verdict.hint = 3s;  // this library's "busy" means: come back in three seconds
    return verdict;
  }

  // Optional: the exceptions that it knows. An empty answer means "not mine", and the exception goes on to the caller.
  std::optional<ductile::Verdict> thrown(const std::exception_ptr& error) const {
    try {
      std::rethrow_exception(error);
    } catch (const ConnectionLost&) {
      ductile::Verdict verdict;
      verdict.kind = ductile::Kind::network;
      verdict.remedy = ductile::Remedy::immediately;
      verdict.says = ductile::Says::transport;
      verdict.sent = ductile::Sent::unknown;  // so that an operation tagged never_repeated is not repeated
      return verdict;
    } catch (...) {
      return std::nullopt;
    }
  }
};
// [/classifier]

int main() {
  ductile::Pipeline pipeline{ductile::Deadline{1min}, ductile::Retry{}};
  ductile::VirtualClock clock;

  // [usage]
  int attempts = 0;
  const auto call = [&]() -> Reply {
    switch (++attempts) {
      case 1: throw ConnectionLost{"the line is dead"};
      case 2: return {7, "busy"};
      default: return {4, "no such table"};
    }
  };
  const ductile::Result<Reply> result = pipeline.run(call, ReplyClassifier{}, clock);
  // [/usage]

  if (result) return 1;
  const ductile::Failure& failure = result.error();
  std::cout << ductile::describe(failure, clock.now()()) << '\n';
  // [cause]
  const Reply* raw = failure.cause().get<Reply>();  // null when it was something else, such as an exception
  // [/cause]
  const bool waited = failure.trail().kept() == 3 && failure.trail()[2].wait == ductile::WaitSource::hint;
  return failure.kind() == ductile::Kind::bad_request && attempts == 3 && waited && raw && raw->text == "no such table" ? 0 : 1;
}
