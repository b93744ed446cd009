# SPDX-License-Identifier: BSL-1.0
source "$(dirname "${BASH_SOURCE[0]}")/planted.bash"

fresh() {
  rm -rf "$tree/ductile"
  plant ductile/core/kind.hpp '#include <string>'
  plant ductile/core/result.hpp '#include <ductile/core/kind.hpp>' '#include <boost/outcome/basic_result.hpp>'
  plant ductile/core/detail/bits.hpp '#include <ductile/core/kind.hpp>'
  plant ductile/detail/ascii.hpp '#include <ductile/core/kind.hpp>'
  plant ductile/detail/asio_executor.hpp '#include <boost/asio/associated_executor.hpp>'
  plant ductile/backoff/constant.hpp '#include <ductile/core/kind.hpp>'
  plant ductile/policies/retry.hpp '#include <ductile/backoff/constant.hpp>' '#include <ductile/core/result.hpp>' '#include <ductile/detail/ascii.hpp>'
  plant ductile/drivers/blocking.hpp '#include <ductile/core/result.hpp>'
  plant ductile/transports/httplib.hpp '#include <ductile/core/result.hpp>' '#include <httplib.h>' '#include <openssl/ssl.h>'
  plant ductile/transports/curl.hpp '#include <ductile/core/result.hpp>' '#include <curl/curl.h>'
  plant ductile/gemini/client.hpp '#include <ductile/policies/retry.hpp>' '#include <boost/json/value.hpp>'
  plant ductile/testing/tape.hpp '#include <ductile/core/result.hpp>'
  plant ductile/ductile.hpp '#include <ductile/policies/retry.hpp>' '#include <ductile/drivers/blocking.hpp>'
}

fault() { # <path> <line that must not be there> <what the guard says>
  fresh
  mkdir -p "$(dirname "$tree/$1")"
  echo "$2" >>"$tree/$1"
  refuses check_layers "$tree" "$3"
}

fresh
holds check_layers "$tree"

fault ductile/core/kind.hpp '#include <ductile/policies/retry.hpp>' 'core/ is above policies/ and must not include it'
fault ductile/core/kind.hpp '  #  include <ductile/gemini/client.hpp>  // spaces' 'core/ is above gemini/'
fault ductile/backoff/constant.hpp '#include <ductile/policies/retry.hpp>' 'backoff/ is above policies/'
fault ductile/policies/retry.hpp '#include <ductile/drivers/blocking.hpp>' 'policies/ and drivers/ do not include one another'
fault ductile/drivers/blocking.hpp '#include <ductile/policies/retry.hpp>' 'drivers/ and policies/ do not include one another'
fault ductile/detail/ascii.hpp '#include <ductile/backoff/constant.hpp>' 'detail/ includes only core/'
fault ductile/policies/retry.hpp '#include <ductile/core/detail/bits.hpp>' 'is for ductile/core/ alone'
fault ductile/policies/retry.hpp '#include "retry_budget.hpp"' 'include headers of ours as <ductile/...>'
fault ductile/policies/retry.hpp '#include <ductile/helpers/bits.hpp>' 'no layer is called helpers/'
fault ductile/policies/retry.hpp '#include <boost/json/value.hpp>' 'need more than Boost.Outcome'
fault ductile/core/result.hpp '#include <boost/outcome/result.hpp>' 'drags in boost::exception_ptr'
fault ductile/gemini/client.hpp '#include <ductile/ductile.hpp>' 'ductile.hpp is for users'
fault ductile/ductile.hpp '#include <ductile/gemini/client.hpp>' 'does not belong to it'
fault ductile/policies/breaker.hpp '#include <ductile/core/kind.hpp>' 'ductile/policies/breaker.hpp: ductile.hpp forgot it'

fresh
rm "$tree/ductile/ductile.hpp"
refuses check_layers "$tree" 'ductile/ductile.hpp is missing'
