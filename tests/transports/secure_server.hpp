// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "raw_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

// A certificate for `host`, signed by itself, with its key; and a file of it that goes with the object.
struct Certificate {
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::string file;

  explicit Certificate(const std::string& subject_alternative) {
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ductile test"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alternative.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate.get(), key.get(), EVP_sha256());

    char name[] = "/tmp/ductile-test-XXXXXX";
    const int descriptor = ::mkstemp(name);
    std::FILE* out = ::fdopen(descriptor, "w");
    PEM_write_X509(out, certificate.get());
    std::fclose(out);
    file = name;
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() { std::remove(file.c_str()); }
};

// A connection under TLS, as a script of `RawServer` sees it.
class SecureConnection {
 public:
  SecureConnection(const Certificate& certificate, RawServer::Connection& below) {
    SSL_CTX_use_certificate(context_.get(), certificate.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get());
    secure_.reset(SSL_new(context_.get()));
    SSL_set_fd(secure_.get(), below.socket());
    good_ = SSL_accept(secure_.get()) == 1;
  }

  [[nodiscard]] bool good() const noexcept { return good_; }
  /// The host that the client asked for; empty when it named none.
  [[nodiscard]] std::string asked_for() const {
    const char* const name = SSL_get_servername(secure_.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
  }
  /// One request without a long body; empty when the client has gone.
  [[nodiscard]] std::string request() {
    char buffer[4096];
    const int got = SSL_read(secure_.get(), buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : std::string{};
  }
  void write(std::string_view text) { SSL_write(secure_.get(), text.data(), static_cast<int>(text.size())); }
  /// Says that nothing more comes. Without it a connection that ends was cut.
  void say_end() { SSL_shutdown(secure_.get()); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> secure_{nullptr, &SSL_free};
  bool good_ = false;
};
