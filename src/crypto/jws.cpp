#include <boost/json/serialize.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/jose.h"
#include "crypto/jwk.h"
#include "base/strict_json.h"

namespace kidoban::crypto {
namespace {

Failure malformed(std::string note) { return fail(Kind::malformed, "jws_malformed", std::move(note)); }

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view(text)); }

std::string header_of(const SigningKey& key, std::string_view typ) {
  std::string header = R"({"alg":")";
  header += name_of(key.algorithm());
  header += '"';
  if (!key.kid().empty()) header += ",\"kid\":" + quoted(key.kid());
  if (!typ.empty()) header += ",\"typ\":" + quoted(typ);
  return header += '}';
}

}  // namespace

Result<std::string> jws_sign(const SigningKey& key, std::string_view typ, std::string_view payload) {
  std::string out = base64url(header_of(key, typ));
  out += '.';
  out += base64url(payload);
  const auto signature = TRY(key.sign(out));
  out += '.';
  return out += base64url(signature);
}

Result<Jws> jws_parse(std::string_view compact) {
  if (compact.size() > limits::jwt_bytes) return malformed("too long");
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos) return malformed("not three parts");
  // A third dot is in the signature's part, which base64url then refuses.
  const auto header_json = unbase64url(compact.substr(0, first));
  const auto payload = unbase64url(compact.substr(first + 1, second - first - 1));
  const auto signature = unbase64url(compact.substr(second + 1));
  if (!header_json || !payload || !signature) return malformed("not base64url");
  if (signature->empty()) return malformed("no signature");
  const auto header = strict_object(as_text(*header_json));
  if (!header) return malformed("the header is not a JSON object");
  // RFC 7515 §4.1.11: we understand no extension, so any that is critical refuses the token.
  if (header->contains("crit")) return malformed("crit");
  if (!text_or_absent(*header, "kid") || !text_or_absent(*header, "typ")) return malformed("kid or typ");
  const auto name = text_member(*header, "alg");
  const auto algorithm = name ? algorithm_of_others(*name) : std::nullopt;
  if (!algorithm) return malformed("alg");
  return Jws{*algorithm,
             std::string(text_member(*header, "kid").value_or("")),
             std::string(text_member(*header, "typ").value_or("")),
             std::string(as_text(*payload)),
             std::string(compact.substr(0, second)),
             std::string(as_text(*signature))};
}

Status jws_verify(const Jws& jws, std::span<const SigningKey> keys) {
  for (const auto& key : keys) {
    // RFC 8725 §3.1: a key is for one algorithm; a public key is never an HMAC's secret.
    if (key.algorithm() != jws.algorithm) continue;
    if (!jws.kid.empty() && !key.kid().empty() && jws.kid != key.kid()) continue;
    if (key.verify(jws.signing_input, jws.signature)) return {};
  }
  return fail(Kind::unauthenticated, "signature_invalid");
}

}  // namespace kidoban::crypto
