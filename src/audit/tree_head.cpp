#include "audit/tree_head.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::audit {

namespace {

constexpr std::string_view typ = "kidoban-audit-head";

std::optional<std::int64_t> number_in(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
  return value->get_int64();
}

std::string text_in(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

Result<std::string> sign_head(const crypto::SigningKey& key, const TenantId& tenant, const Head& head) {
  const boost::json::object payload{{"tenant", tenant.text()},
                                    {"number", head.number},
                                    {"tree_size", head.tree_size},
                                    {"root_hash", base64url(std::span<const std::uint8_t>(head.root))},
                                    {"retired", head.retired},
                                    {"at_us", to_us(head.at)}};
  return crypto::jws_sign(key, typ, boost::json::serialize(payload));
}

Result<Head> open_head(std::string_view jws, const TenantId& tenant, std::span<const crypto::SigningKey> keys) {
  const auto parsed = crypto::jws_parse(jws);
  if (!parsed) return fail(Kind::malformed, "audit_head_malformed", "the head is no JWS");
  if (!crypto::jws_verify(*parsed, keys)) return fail(Kind::unauthenticated, "audit_head_forged", "none of the tenant's audit keys signed it");
  const auto payload = strict_object(parsed->payload);
  if (parsed->typ != typ || !payload) return fail(Kind::malformed, "audit_head_malformed", "the head says something else");
  if (text_in(*payload, "tenant") != tenant.text()) return fail(Kind::unauthenticated, "audit_head_forged", "it is another tenant's");
  const auto number = number_in(*payload, "number"), size = number_in(*payload, "tree_size"), retired = number_in(*payload, "retired"),
             at = number_in(*payload, "at_us");
  const auto root = unbase64url(text_in(*payload, "root_hash"));
  if (!number || !size || !retired || !at || !root || root->size() != sizeof(Digest) || *retired > *size) {
    return fail(Kind::malformed, "audit_head_malformed", "a member is missing or wrong");
  }
  Head head{.number = *number, .tree_size = *size, .retired = *retired, .root = {}, .at = from_us(*at)};
  std::ranges::copy(*root, head.root.begin());
  return head;
}

}  // namespace kidoban::audit
