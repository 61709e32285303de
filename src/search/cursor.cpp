#include "search/cursor.h"

#include "base/text.h"
#include "crypto/hash.h"

namespace kidoban::search {

namespace {

constexpr char format = '1';

}  // namespace

// "<format><offset>.<until>." and, where somebody came before, "v" or "-", their id's 16 bytes, and what they are sorted by.
std::string cursor_to(const seal::TenantKey& key, std::string_view query, const Position& position, std::int64_t now_s) {
  std::string plain = format + std::to_string(position.offset) + "." + std::to_string(now_s + cursor_life_s) + ".";
  if (position.after) {
    plain += position.after->has_value ? 'v' : '-';
    plain += as_text(position.after->id.span());
    plain += position.after->value;
  }
  const auto bound = crypto::sha256(query);
  return base64url(key.seal({"search", "cursor", bound}, plain));
}

Result<Position> position_in(const seal::TenantKey& key, std::string_view query, std::string_view cursor, std::int64_t now_s) {
  const auto malformed = [] { return fail(Kind::malformed, "cursor_malformed"); };
  const auto sealed = unbase64url(cursor);
  if (!sealed) return malformed();
  const auto bound = crypto::sha256(query);
  const auto opened = key.open_text({"search", "cursor", bound}, as_text(*sealed));
  if (!opened || opened->empty() || opened->front() != format) return malformed();
  std::string_view rest = std::string_view(*opened).substr(1);
  const auto number = [&]() -> std::optional<std::int64_t> {
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto value = to_integer(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
    return value;
  };
  const auto offset = number(), until = number();
  if (!offset || !until || *offset < 0) return malformed();
  if (*until < now_s) return fail(Kind::malformed, "cursor_expired");
  Position out{static_cast<std::size_t>(*offset), {}};
  if (rest.empty()) return out;
  if (rest.size() < 17) return malformed();
  out.after = Standing{rest.front() == 'v', std::string(rest.substr(17)), TRY(Id::from_bytes(as_bytes(rest.substr(1, 16))))};
  return out;
}

}  // namespace kidoban::search
