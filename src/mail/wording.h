#pragma once
// What the mails say: the built-in words (`words.*.json`, "<occasion>.subject" and "<occasion>.body"), a tenant's own in
// their place, and the values that fill them. Plain text; {{name}} is filled in once, and what is filled in is never
// read again. Any thread.

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "page/page.h"

namespace kidoban::mail {

enum class Occasion : std::uint8_t {
  account_issued,           // login, password, expires
  new_temporary_password,   // login, password, expires
  password_reset,           // login, link, expires
  password_changed,         // login, at
  account_locked,           // login, until
  token_expiring,           // token, expires
  job_finished,             // job, outcome, link
  domain_confirmed,         // domain
  suspicious_sign_in,       // login, at, client_address, browser: from a browser that is new for them
  domain_proof_missing,     // domain, record, value
  domain_lost,              // domain
  password_expiring,        // login, expires, link
  sign_in_reported,         // login, what, at, client_address, browser, link
  address_confirmation,     // login, address, link, expires
  address_changing,         // login, address, at
};
inline constexpr std::size_t occasions = 15;

std::string_view word_of(Occasion occasion);  // "password_reset"
std::optional<Occasion> occasion_named(std::string_view word);
// Those it may name. "name" (the addressee's), "company" and "url" (where they sign in) may stand in every mail.
std::vector<std::string_view> variables_of(Occasion occasion);

struct Text {
  std::string subject, body;
};
// As built in.
Text built_in(Occasion occasion, page::Language language);
// A tenant's own words: malformed/"wording_malformed" (empty, too long, controls), "variable_unknown" (one that this
// mail hasn't), "variable_missing" (the mail would be of no use: a link or password is left out).
Status check_wording(Occasion occasion, const Text& text);

// A moment is told in the addressee's own zone.
using Value = std::variant<std::string, Time>;
using Values = std::vector<std::pair<std::string_view, Value>>;
// A variable that has no value is left empty. Values are made one line each, so that nobody's name writes a paragraph.
Text filled(const Text& words, const Values& values, page::Language language, std::string_view zoneinfo);
// What a preview fills in.
Values sample_values(Occasion occasion, Time now);

// "2026年11月24日 20:54 (JST)"; without a zone, Japan's for Japanese and UTC otherwise.
std::string readable(Time at, page::Language language, std::string_view zoneinfo);

}  // namespace kidoban::mail
