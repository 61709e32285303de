#include "federation/oidc/token_values.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::federation::oidc {

namespace {

constexpr std::size_t id_bytes = 16;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t generation_bytes = 4;

Id id_at_front(std::span<const std::uint8_t> bytes) {
  Id id;
  std::ranges::copy(bytes.first(id_bytes), id.bytes.begin());
  return id;
}

std::array<std::uint8_t, id_bytes + generation_bytes> refresh_head(const Id& grant, std::uint32_t generation) {
  std::array<std::uint8_t, id_bytes + generation_bytes> head;
  std::ranges::copy(grant.bytes, head.begin());
  for (std::size_t i = 0; i < generation_bytes; ++i) {
    head[id_bytes + i] = static_cast<std::uint8_t>(generation >> (24 - 8 * i));
  }
  return head;
}

}  // namespace

NewCode new_code(const Id& grant, Random& random) {
  std::array<std::uint8_t, id_bytes + secret_bytes> raw;
  std::ranges::copy(grant.bytes, raw.begin());
  const auto secret = std::span(raw).subspan<id_bytes>();
  random.fill(secret);
  return {base64url(std::span<const std::uint8_t>(raw)), crypto::sha256(std::span<const std::uint8_t>(secret))};
}

std::optional<Code> parse_code(std::string_view text) {
  if (text.size() != 64) return std::nullopt;
  const auto raw = unbase64url(text);
  if (!raw || raw->size() != id_bytes + secret_bytes) return std::nullopt;
  const std::span<const std::uint8_t> bytes(*raw);
  return Code{id_at_front(bytes), crypto::sha256(bytes.subspan(id_bytes))};
}

std::string refresh_token(const Id& grant, std::uint32_t generation, const Secret& secret) {
  const auto head = refresh_head(grant, generation);
  const auto mac = crypto::hmac_sha256(secret.reveal(), head);
  std::vector<std::uint8_t> raw(head.begin(), head.end());
  raw.insert(raw.end(), mac.begin(), mac.end());
  return base64url(std::span<const std::uint8_t>(raw));
}

std::optional<RefreshToken> parse_refresh_token(std::string_view text) {
  if (text.size() != 70) return std::nullopt;
  const auto raw = unbase64url(text);
  if (!raw || raw->size() != id_bytes + generation_bytes + secret_bytes) return std::nullopt;
  RefreshToken token{id_at_front(*raw), 0, {}};
  for (std::size_t i = 0; i < generation_bytes; ++i) {
    token.generation = (token.generation << 8) | (*raw)[id_bytes + i];
  }
  std::ranges::copy(std::span(*raw).subspan(id_bytes + generation_bytes), token.mac.begin());
  return token;
}

bool is_genuine(const RefreshToken& token, const Secret& secret) {
  const auto mac = crypto::hmac_sha256(secret.reveal(), refresh_head(token.grant, token.generation));
  return constant_time_equal(std::span<const std::uint8_t>(mac), std::span<const std::uint8_t>(token.mac));
}

}  // namespace kidoban::federation::oidc
