#include "http/outgoing.h"

#include <array>
#include <bitset>
#include <ctime>

#include "base/require.h"
#include "base/text.h"
#include "http/status.h"
#include "http/trace.h"

namespace kidoban::http {

namespace {

struct Default {
  std::string_view name, value;
};
// Fail closed: a page that says nothing about itself may be framed by nobody, run nothing, be kept nowhere.
constexpr std::array<Default, 5> defaults{{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};
constexpr Default transport_security{"Strict-Transport-Security", "max-age=31536000"};

void put(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

// RFC 9110 §5.6.2, §5.5.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  if (text.empty()) return false;
  for (const char c : text) {
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter_or_digit && marks.find(c) == std::string_view::npos) return false;
  }
  return true;
}
bool is_field_value(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return false;
  }
  return true;
}

// RFC 9110 §5.6.7, made once a second on each thread.
std::string_view date_of(Time now) {
  thread_local std::int64_t made_for = -1;
  thread_local std::array<char, 40> text;
  thread_local std::size_t length = 0;
  if (const std::int64_t second = to_s(now); second != made_for) {
    const auto seconds = static_cast<std::time_t>(second);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_for = second;
  }
  return {text.data(), length};
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

std::string_view body_of(const Reply& reply, const Framing& framing) {
  if (framing.head_only || has_no_body(reply.status)) return {};
  return reply.body.empty() ? reply.static_body : std::string_view(reply.body);
}

std::string head_of(const Reply& reply, const Framing& framing, Time now) {
  require(reply.status >= 200 && reply.status <= 599, "a reply has a final status");
  std::string head;
  head.reserve(768);
  head += "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head += phrase_of(reply.status);
  head += "\r\n";
  put(head, "Date", date_of(now));
  std::bitset<defaults.size()> said;
  bool said_transport_security = false, said_origin = false;
  for (const auto& [name, value] : reply.headers) {
    require(is_token(name) && is_field_value(value), "a header's name is a token and its value one line");
    // Framing is this file's: two words on it would be two messages.
    if (ascii_iequals(name, "content-length") || ascii_iequals(name, "transfer-encoding") || ascii_iequals(name, "connection")) continue;
    for (std::size_t i = 0; i < defaults.size(); ++i) {
      if (name.size() == defaults[i].name.size() && ascii_iequals(name, defaults[i].name)) said[i] = true;
    }
    said_transport_security |= ascii_iequals(name, transport_security.name);
    said_origin |= ascii_iequals(name, "access-control-allow-origin");
    put(head, name, value);
  }
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    if (!said[i]) put(head, defaults[i].name, defaults[i].value);
  }
  if (framing.secure && !said_transport_security) put(head, transport_security.name, transport_security.value);
  if (framing.any_origin && !said_origin) {
    put(head, "Access-Control-Allow-Origin", "*");
    put(head, "Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After, DPoP-Nonce");
  }
  if (framing.trace != nullptr && !framing.trace->trace_id.empty()) put(head, "traceresponse", response_of(*framing.trace));
  if (!has_no_body(reply.status)) {
    const std::size_t length = reply.body.empty() ? reply.static_body.size() : reply.body.size();
    put(head, "Content-Length", std::to_string(length));
  }
  if (!framing.keep_alive) put(head, "Connection", "close");
  head += "\r\n";
  return head;
}

Reply reply_to(const Refusal& refusal, const Trace& trace) {
  Reply reply;
  reply.status = refusal.status;
  reply.body = R"({"type":"about:blank","title":")" + std::string(phrase_of(refusal.status)) + R"(","status":)" +
               std::to_string(refusal.status) + R"(,"reason":")" + std::string(refusal.reason.text()) + '"';
  if (!trace.trace_id.empty()) reply.body += R"(,"trace_id":")" + trace.trace_id + '"';
  reply.body += '}';
  reply.with("Content-Type", "application/problem+json").with("Cache-Control", "no-store");
  return reply;
}

}  // namespace kidoban::http
