#include "mail/wording.h"

#include <unicode/gregocal.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>

#include <algorithm>
#include <memory>
#include <span>

#include "base/limits.h"
#include "base/require.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/mail.h"
#include "page/words.h"

namespace kidoban::mail {

namespace {

struct Row {
  std::string_view word;
  std::array<std::string_view, 6> own;   // what it may name besides what all may
  std::string_view needed;               // what it can't do without; "" for nothing
};
// In the order of Occasion.
constexpr std::array<Row, occasions> rows{{
    {"account_issued", {"login", "password", "expires"}, "password"},
    {"new_temporary_password", {"login", "password", "expires"}, "password"},
    {"password_reset", {"login", "link", "expires"}, "link"},
    {"password_changed", {"login", "at"}, ""},
    {"account_locked", {"login", "until"}, ""},
    {"token_expiring", {"token", "expires"}, ""},
    {"job_finished", {"job", "outcome", "link"}, ""},
    {"domain_confirmed", {"domain"}, ""},
    {"suspicious_sign_in", {"login", "at", "client_address", "browser"}, ""},
    {"domain_proof_missing", {"domain", "record", "value"}, ""},
    {"domain_lost", {"domain"}, ""},
    {"password_expiring", {"login", "expires", "link"}, ""},
    {"sign_in_reported", {"login", "what", "at", "client_address", "browser", "link"}, ""},
    {"address_confirmation", {"login", "address", "link", "expires"}, "link"},
    {"address_changing", {"login", "address", "at"}, ""},
}};
constexpr std::array<std::string_view, 3> shared{"name", "company", "url"};

const Row& row_of(Occasion occasion) { return rows[static_cast<std::size_t>(occasion)]; }

const page::Words& words() {
  static const page::Words all(resources());
  return all;
}

// Hands each stretch of plain text, and each {{name}}, to its taker.
template <class Plain, class Named>
void walk(std::string_view text, const Plain& plain, const Named& named) {
  for (;;) {
    const std::size_t open = text.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return plain(text);
    plain(text.substr(0, open));
    named(trim(text.substr(open + 2, close - open - 2)));
    text.remove_prefix(close + 2);
  }
}

bool is_body(std::string_view text) {
  if (!is_utf8(text)) return false;
  return std::ranges::all_of(split(text, '\n'), [](std::string_view line) { return line.empty() || is_plain_text(line); });
}

std::string fill(std::string_view text, const std::map<std::string_view, std::string>& values) {
  std::string out;
  walk(text, [&](std::string_view plain) { out += plain; },
       [&](std::string_view name) {
         if (const auto found = values.find(name); found != values.end()) out += found->second;
       });
  return out;
}

}  // namespace

std::string_view word_of(Occasion occasion) { return row_of(occasion).word; }

std::optional<Occasion> occasion_named(std::string_view word) {
  const auto found = std::ranges::find(rows, word, &Row::word);
  return found == rows.end() ? std::nullopt : std::optional(static_cast<Occasion>(found - rows.begin()));
}

std::vector<std::string_view> variables_of(Occasion occasion) {
  std::vector<std::string_view> out(shared.begin(), shared.end());
  for (const std::string_view name : row_of(occasion).own) {
    if (!name.empty()) out.push_back(name);
  }
  return out;
}

Text built_in(Occasion occasion, page::Language language) {
  const std::string stem(word_of(occasion));
  const std::string* subject = words().find(language, stem + ".subject");
  const std::string* body = words().find(language, stem + ".body");
  require(subject != nullptr && body != nullptr, "a mail's words are built in");
  return {*subject, *body};
}

Status check_wording(Occasion occasion, const Text& text) {
  const bool subject_is_good = !trim(text.subject).empty() && text.subject.size() <= limits::mail_subject_bytes && is_plain_text(text.subject);
  if (!subject_is_good) return fail(Kind::malformed, "wording_malformed", "the subject is empty, too long, or more than a line");
  if (trim(text.body).empty() || text.body.size() > limits::mail_body_bytes || !is_body(text.body)) {
    return fail(Kind::malformed, "wording_malformed", "the body is empty, too long, or has control characters");
  }
  const auto known = variables_of(occasion);
  std::string unknown;
  bool has_needed = row_of(occasion).needed.empty();
  bool told_in_subject = false;
  const auto none = [](std::string_view) {};
  walk(text.subject, none, [&](std::string_view name) {
    if (std::ranges::find(known, name) == known.end()) unknown = name;
    // Subjects stand in notifications and in servers' logs.
    told_in_subject |= !name.empty() && name == row_of(occasion).needed;
  });
  walk(text.body, none, [&](std::string_view name) {
    if (std::ranges::find(known, name) == known.end()) unknown = name;
    has_needed |= name == row_of(occasion).needed;
  });
  if (!unknown.empty()) return fail(Kind::malformed, "variable_unknown", unknown);
  if (told_in_subject) return fail(Kind::malformed, "variable_misplaced", std::string(row_of(occasion).needed) + " is secret: not in a subject");
  if (!has_needed) return fail(Kind::malformed, "variable_missing", std::string(row_of(occasion).needed));
  return {};
}

std::string readable(Time at, page::Language language, std::string_view zoneinfo) {
  const bool ja = language == page::Language::ja;
  const std::string wanted(!zoneinfo.empty() ? zoneinfo : ja ? "Asia/Tokyo" : "UTC");
  std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(wanted)));
  if (*zone == icu::TimeZone::getUnknown()) zone.reset(icu::TimeZone::createTimeZone("UTC"));
  UErrorCode error = U_ZERO_ERROR;
  icu::SimpleDateFormat format(icu::UnicodeString::fromUTF8(ja ? "y年M月d日 HH:mm (z)" : "d MMMM y, HH:mm (z)"),
                               ja ? icu::Locale::getJapan() : icu::Locale::getUS(), error);
  if (U_FAILURE(error)) return rfc3339(to_us(std::chrono::floor<std::chrono::minutes>(at)));
  format.adoptTimeZone(zone.release());
  icu::UnicodeString out;
  format.format(static_cast<UDate>(to_us(at) / 1000), out);
  std::string text;
  return out.toUTF8String(text);
}

Text filled(const Text& wording, const Values& values, page::Language language, std::string_view zoneinfo) {
  std::map<std::string_view, std::string> told;
  for (const auto& [name, value] : values) {
    const auto* at = std::get_if<Time>(&value);
    told[name] = at != nullptr ? readable(*at, language, zoneinfo) : one_line(std::get<std::string>(value));
  }
  return {fill(wording.subject, told), fill(wording.body, told)};
}

Values sample_values(Occasion occasion, Time now) {
  const std::map<std::string_view, Value> known{
      {"login", "hanako@example.com"}, {"password", "k4m5-7wqp-x2rt-h9vd"}, {"expires", now + std::chrono::hours(24)},
      {"link", "https://id.example.com/password-reset/…"}, {"at", now}, {"until", now + std::chrono::minutes(15)},
      {"token", "CSV"}, {"job", "CSV"}, {"outcome", "100 / 100"}, {"domain", "example.com"}, {"client_address", "192.0.2.1"},
      {"browser", "Firefox, Windows"}, {"record", "_kidoban.example.com"}, {"value", "kidoban-domain-verification=…"}, {"what", "sign_in.failed"},
      {"address", "hanako@private.example"}};
  Values out;
  for (const std::string_view name : variables_of(occasion)) {
    if (const auto found = known.find(name); found != known.end()) out.emplace_back(name, found->second);
  }
  return out;
}

}  // namespace kidoban::mail
