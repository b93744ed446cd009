// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A certificate for this machine that nobody has signed but itself, with a key that exists nowhere else. Good for a day.
///
/// Errors   `std::runtime_error` when OpenSSL cannot make it.
class Certificate {
 public:
  Certificate() {
    const char* const names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    X509_NAME* const subject = X509_get_subject_name(certificate_.get());
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> alternative{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names), &X509_EXTENSION_free};
    constexpr long hour = 3600;
    const bool made =
        key_ && alternative && X509_set_version(certificate_.get(), 2) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -hour) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 24 * hour) && X509_set_pubkey(certificate_.get(), key_.get()) == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ductile mock"), -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate_.get(), subject) == 1 && X509_add_ext(certificate_.get(), alternative.get(), -1) == 1 &&
        X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0;
    if (!made) throw std::runtime_error{"mock: OpenSSL makes no certificate"};
  }

  /// What a client that shall trust it is given.
  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text{BIO_new(BIO_s_mem()), &BIO_free};
    PEM_write_bio_X509(text.get(), certificate_.get());
    const char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  void give_to(SSL_CTX* context) const {
    if (SSL_CTX_use_certificate(context, certificate_.get()) != 1 || SSL_CTX_use_PrivateKey(context, key_.get()) != 1)
      throw std::runtime_error{"mock: OpenSSL takes no certificate"};
  }

 private:
  std::unique_ptr<X509, decltype(&X509_free)> certificate_{X509_new(), &X509_free};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
