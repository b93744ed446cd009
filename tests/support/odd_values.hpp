// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>
#include <ductile/core/kind.hpp>
#include <ductile/core/verdict.hpp>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

// What an operation may return, and classifiers of it.
namespace ductile_test {

using ductile::Kind;
using ductile::Says;
using ductile::Verdict;

struct NoDefault {
  explicit NoDefault(int given) : value(given) {}
  int value;
};

struct Copies {
  Copies() = default;
  Copies(const Copies& other) : copies(other.copies + 1) {}
  Copies(Copies&&) noexcept = default;
  Copies& operator=(const Copies& other) {
    copies = other.copies + 1;
    return *this;
  }
  Copies& operator=(Copies&&) noexcept = default;
  ~Copies() = default;
  int copies = 0;
};

// Can be moved and never assigned, like a lambda or a struct with a reference.
struct NotAssignable {
  explicit NotAssignable(int given) : value(given) {}
  NotAssignable(NotAssignable&&) noexcept = default;
  NotAssignable& operator=(NotAssignable&&) = delete;
  ~NotAssignable() = default;
  const int value;
};

// Two thirds of std::expected, which C++20 does not have.
template <class T, class E>
class Expected {
 public:
  using value_type = T;
  using error_type = E;
  Expected(T value) : value_(std::move(value)) {}
  static Expected failed(E error) {
    Expected expected{T{}};
    expected.value_.reset();
    expected.error_.emplace(std::move(error));
    return expected;
  }
  [[nodiscard]] bool has_value() const { return value_.has_value(); }
  T& value() & { return *value_; }
  T&& value() && { return std::move(*value_); }
  E& error() & { return *error_; }
  E&& error() && { return std::move(*error_); }

 private:
  std::optional<T> value_;
  std::optional<E> error_;
};

struct Response {
  int status = 200;
  std::string body;
};

inline Verdict verdict_of(Kind kind, Says says = Says::service) {
  Verdict verdict;
  verdict.kind = kind;
  verdict.remedy = default_remedy(kind);
  verdict.says = says;
  return verdict;
}

struct ByStatus {
  Verdict operator()(const Response& response) const { return verdict_of(response.status == 200 ? Kind::ok : Kind::overload); }
};

struct SocketError {
  int number = 0;
};
struct BySocket {
  Verdict operator()(const SocketError&) const { return verdict_of(Kind::network, Says::transport); }
};

struct ClaimsRuntimeErrors {
  std::optional<Verdict> thrown(const std::exception_ptr& exception) const {
    try {
      std::rethrow_exception(exception);
    } catch (const std::runtime_error&) {
      return verdict_of(Kind::network, Says::transport);
    } catch (...) {
      return std::nullopt;
    }
  }
};
struct ClaimsEverything {
  std::optional<Verdict> thrown(const std::exception_ptr&) const { return verdict_of(Kind::network, Says::transport); }
};

}  // namespace ductile_test
