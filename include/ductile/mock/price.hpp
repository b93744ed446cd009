// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>      // Billed
#include <ductile/gemini/models.hpp>  // find_model, ImageSize, parse_image_size
#include <ductile/mock/exchange.hpp>  // Usage

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What requests cost. Money in billionths of a dollar, so that a sum is exact: one token costs a few hundred of them.
struct Price {
  std::uint64_t requests = 0;
  std::int64_t tokens = 0;               ///< Of input and output, as far as they are billed for certain.
  std::int64_t nanodollars = 0;          ///< For certain.
  std::int64_t nanodollars_at_most = 0;  ///< With what may be billed: a lost answer, an image that was made and withheld.

  constexpr Price& operator+=(const Price& other) noexcept {
    requests += other.requests;
    tokens += other.tokens;
    nanodollars += other.nanodollars;
    nanodollars_at_most += other.nanodollars_at_most;
    return *this;
  }

  friend constexpr bool operator==(const Price&, const Price&) = default;
};

/// What a model's tokens of text cost, in billionths of a dollar: a price of 2 dollars a million is 2000.
struct TokenPrices {
  std::string_view model;
  std::int64_t input = 0;
  std::int64_t output = 0;  ///< Thoughts are output.
};

/// The image models' prices of text. Those of images stand in `gemini::image_models`, by size.
///
/// Source   The service's page on prices as of November 2026. A preview costs what its release does. The models that only write are not
///          in it: their requests cost nothing here.
inline constexpr std::array<TokenPrices, 5> token_prices{{{"gemini-nano-banana-2.1", 1500, 7500},
                                                          {"gemini-3-pro-image", 2000, 12'000},
                                                          {"gemini-3.1-flash-lite-image", 250, 1500},
                                                          {"gemini-3.1-flash-image", 500, 3000},
                                                          {"gemini-2.5-flash-image", 300, 2500}}};

/// What an answer of `model` costs.
///
/// \param size As asked: "512", "1K", "2K", "4K"; empty: 1K.
/// \param image_wanted An image was asked for: what may be billed is an answer with one.
[[nodiscard]] inline Price price_of(std::string_view model, std::string_view size, const Usage& usage, bool image_wanted, Billed billed) {
  Price price{.requests = 1};
  if (billed == Billed::no) return price;
  TokenPrices tokens{};
  for (const TokenPrices& known : token_prices)
    if (gemini::same_model(known.model, model)) tokens = known;
  const gemini::ImageModel* known = gemini::find_model(model);
  const auto pixels = static_cast<std::size_t>(gemini::parse_image_size(size).value_or(gemini::ImageSize::one_k));
  const std::int64_t image = known ? std::llround(known->dollars_per_image[pixels] * 1e9) : 0;
  const std::int64_t input = usage.input_tokens * tokens.input;
  const std::int64_t whole = input + usage.text_tokens * tokens.output + usage.images * image;
  if (billed == Billed::yes) {
    price.tokens = usage.input_tokens + usage.text_tokens + usage.image_tokens;
    price.nanodollars = price.nanodollars_at_most = whole;
  } else if (billed == Billed::input) {
    price.tokens = usage.input_tokens;
    price.nanodollars = price.nanodollars_at_most = input;
  } else {
    price.nanodollars_at_most = whole + (image_wanted && usage.images == 0 ? image : 0);
  }
  return price;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
