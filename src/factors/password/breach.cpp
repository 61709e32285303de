#include "factors/password/breach.h"

#include <unicode/unistr.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "http/client.h"

namespace kidoban::factors::password {

namespace {

constexpr std::size_t prefix_digits = 5;
constexpr std::size_t suffix_digits = 35;

bool is_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); });
}

std::string upper_hex(std::span<const std::uint8_t> bytes) {
  std::string digits = hex(bytes);
  for (char& c : digits) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return digits;
}

class BreachService final : public BreachList {
 public:
  explicit BreachService(std::string url) : url_(std::move(url)), lane_("breach_check", 4, 32, 16) {
    while (url_.ends_with('/')) url_.pop_back();
  }
  Result<bool> knows(TenantId tenant, const Secret& spelled, runtime::Deadline deadline) override {
    const std::string digits = breach_sha1(spelled);
    const std::string_view hash = digits;
    auto answer = range(tenant, hash.substr(0, prefix_digits), deadline);
    if (!answer) return fail(Kind::unavailable, "breach_check_unavailable", std::string(answer.error().reason.text()) + ": " + answer.error().note);
    if (answer->status != 200) return fail(Kind::unavailable, "breach_check_unavailable", "status " + std::to_string(answer->status));
    auto found = range_has(answer->body, hash.substr(prefix_digits));
    if (!found) return fail(Kind::unavailable, "breach_check_unavailable", found.error().note);
    return *found;
  }

 private:
  Result<http::Answered> range(TenantId tenant, std::string_view prefix, runtime::Deadline deadline) {
    const auto place = TRY(lane_.enter(tenant, deadline));
    return http::ask({url_ + "/" + std::string(prefix), {{"Add-Padding", "true"}, {"Accept", "text/plain"}},
                      limits::breach_range_bytes, std::chrono::seconds(3)}, deadline);
  }
  std::string url_;
  runtime::Lane lane_;
};

}  // namespace

std::string breach_sha1(const Secret& spelled) { return upper_hex(crypto::sha1(spelled.reveal())); }

std::optional<std::string> breach_ntlm(const Secret& spelled) {
  const std::string_view text = spelled.reveal_text();
  const auto wide = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  std::vector<std::uint8_t> bytes;
  bytes.reserve(static_cast<std::size_t>(wide.length()) * 2);
  for (std::int32_t i = 0; i < wide.length(); ++i) {
    bytes.push_back(static_cast<std::uint8_t>(wide.charAt(i) & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(wide.charAt(i) >> 8));
  }
  const Secret little_endian(std::move(bytes));
  const auto digest = crypto::md4(little_endian.reveal());
  return digest ? std::optional(upper_hex(*digest)) : std::nullopt;
}

Result<bool> range_has(std::string_view answer, std::string_view suffix) {
  bool found = false;
  std::size_t lines = 0;
  for (std::string_view line : split(answer, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto count = line.size() > suffix_digits + 1 && line[suffix_digits] == ':' ? to_integer(line.substr(suffix_digits + 1)) : std::nullopt;
    if (!count || *count < 0 || !is_digits(line.substr(0, suffix_digits))) {
      return fail(Kind::malformed, "range_malformed", "line " + std::to_string(lines + 1) + " is no SUFFIX:COUNT");
    }
    ++lines;
    found = found || (*count > 0 && line.substr(0, suffix_digits) == suffix);
  }
  // No prefix is without any: an empty answer says nothing.
  if (lines == 0) return fail(Kind::malformed, "range_malformed", "no line at all");
  return found;
}

std::unique_ptr<BreachList> make_breach_service(std::string url) { return std::make_unique<BreachService>(std::move(url)); }

}  // namespace kidoban::factors::password
