#pragma once
#include "protocol/error.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

/// BoringSSL's types for the sources of this directory; no public header
/// includes this one.
namespace tocsin::transports::crypto {

using x509_ptr = bssl::UniquePtr<X509>;
using key_ptr = bssl::UniquePtr<EVP_PKEY>;
using bio_ptr = bssl::UniquePtr<BIO>;
using names_ptr = bssl::UniquePtr<GENERAL_NAMES>;

/// A read-only view of text as a BIO; the text must outlive it.
inline bio_ptr view_bio(std::string_view text) {
  return bio_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

/// What a memory BIO has collected.
inline std::string text_of(BIO* memory) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (!BIO_mem_contents(memory, &data, &size))
    return {};
  return {reinterpret_cast<const char*>(data), size};
}

/// Empties BoringSSL's queue of errors into a failure.
inline failure library_failure(ec code, std::string where) {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  failure out{code, std::move(where), reason ? reason : "not usable"};
  ERR_clear_error();
  return out;
}

/// The first certificate of a PEM text; null: none.
inline x509_ptr x509_from_pem(std::string_view pem) {
  auto bio = view_bio(pem);
  return x509_ptr{bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)
                      : nullptr};
}

/// The first private key of a PEM text; null: none, or one with a password,
/// which is never asked for.
inline key_ptr key_from_pem(std::string_view pem) {
  auto refuse = [](char*, int, int, void*) { return 0; };
  auto bio = view_bio(pem);
  return key_ptr{
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse, nullptr)
          : nullptr};
}

} // namespace tocsin::transports::crypto
