#include "mail/letter.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/header.h"

namespace kidoban::mail {

namespace {

namespace json = boost::json;

struct Member {
  std::string_view name;
  std::string Letter::*field;
};
constexpr std::array<Member, 10> members{{{"occasion", &Letter::occasion}, {"person", &Letter::person}, {"to", &Letter::to},
                                         {"to_name", &Letter::to_name}, {"envelope_to", &Letter::envelope_to}, {"from_name", &Letter::from_name}, {"reply_to", &Letter::reply_to},
                                         {"language", &Letter::language}, {"subject", &Letter::subject}, {"body", &Letter::body}}};

// Canonical line ends (RFC 2046 §4.1.1), nothing else below a space but tabs.
std::string canonical_lines(std::string_view body) {
  std::string out;
  out.reserve(body.size() + body.size() / 40);
  for (const char c : body) {
    if (c == '\n') out += "\r\n";
    else if (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f)) out += c;
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

// Lines that any server takes as they are (RFC 5322 §2.1.1).
bool goes_as_it_is(std::string_view lines) {
  if (std::ranges::any_of(lines, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) return false;
  return std::ranges::all_of(split(lines, '\n'), [](std::string_view line) { return line.size() <= 200 && !line.starts_with("From "); });
}

std::string base64_lines(std::string_view text) {
  constexpr std::size_t columns = 76;  // RFC 2045 §6.8
  const std::string all = base64(as_bytes(text));
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += columns) out += all.substr(at, columns) + "\r\n";
  return out;
}

}  // namespace

std::string letter_json(const Letter& letter) {
  json::object out;
  for (const auto& [name, field] : members) out[name] = letter.*field;
  return json::serialize(out);
}

Result<Letter> letter_from_json(std::string_view text) {
  boost::system::error_code error;
  const auto parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return fail(Kind::internal, "letter_unreadable");
  Letter letter;
  for (const auto& [name, field] : members) {
    const auto* value = parsed.get_object().if_contains(name);
    if (value == nullptr || !value->is_string()) return fail(Kind::internal, "letter_unreadable");
    letter.*field = std::string(value->get_string());
  }
  return letter;
}

std::string message_text(const Letter& letter, std::string_view from_address, const Id& id, Time now) {
  const std::string domain(from_address.substr(from_address.rfind('@') + 1));
  std::string out = "Date: " + mail_date(to_s(now)) + "\r\n";
  out += address_header("From", letter.from_name, from_address);
  if (!letter.reply_to.empty()) out += address_header("Reply-To", "", letter.reply_to);
  out += address_header("To", letter.to_name, letter.to);
  out += unstructured_header("Subject", letter.subject);
  out += "Message-ID: <" + id.text() + "@" + domain + ">\r\n";
  // RFC 3834 §5: nobody's holiday notice answers it. Exchange wants it said in words of its own.
  out += "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n";
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Language: " + letter.language + "\r\n";
  const std::string lines = canonical_lines(letter.body);
  const bool plain = goes_as_it_is(lines);
  out += plain ? "Content-Transfer-Encoding: 7bit\r\n\r\n" : "Content-Transfer-Encoding: base64\r\n\r\n";
  return out + (plain ? lines : base64_lines(lines));
}

}  // namespace kidoban::mail
