// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/redact.hpp>       // redacted
#include <ductile/tools/colour_codes.hpp>  // without_colours
#include <ductile/tools/known_secrets.hpp>
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/logins.hpp>
#include <ductile/tools/masking/named_secrets.hpp>
#include <ductile/tools/masking/pem.hpp>
#include <ductile/tools/masking/tokens.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A text without keys, tokens, passwords, cookies and base64: the values of what is called like a secret, and what looks like one,
/// whatever was pasted. What names a person or a project stays.
///
/// \param secrets Those that are known, whatever they look like.
/// Cost  About a dozen passes over the text.
[[nodiscard]] inline std::string masked(std::string_view text, const KnownSecrets& secrets = {}) {
  const std::string plain = without_colours(text);
  masking::HiddenParts parts{plain};
  for (const std::string_view secret : secrets) masking::hide_known(parts, secret);
  masking::hide_pem(parts);
  masking::hide_pem_end(parts);
  masking::hide_pem_middle(parts);
  masking::hide_logins_of_addresses(parts);
  masking::hide_basic_logins(parts);
  masking::LoginsOfCurl{parts}.hide();
  masking::hide_tokens(parts);
  masking::NamedSecrets{parts}.hide();
  return gemini::redacted(std::move(parts).shown());
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
