#include "http/incoming.h"

// Header-only Beast without Asio's sockets: error_code, buffers, and the parser.
#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>

#include "base/text.h"

namespace kidoban::http {

namespace {

namespace beast = boost::beast;
using beast::error_code;
using beast::http::error;
using beast::http::verb;

// Honest requests have some 30 fields; behind several proxies 60.
constexpr std::size_t most_fields = 128;
// A chunk's size line with its extensions, or all trailers.
constexpr std::size_t most_between_chunks = 8 * 1024;
constexpr std::string_view last_chunk = "0\r\n\r\n";
// What is kept ready for a body before any of it came.
constexpr std::size_t most_reserved = 64 * 1024;

Method method_of(verb v) {
  switch (v) {
    case verb::get: return Method::get;
    case verb::head: return Method::head;
    case verb::post: return Method::post;
    case verb::put: return Method::put;
    case verb::patch: return Method::patch;
    case verb::delete_: return Method::del;
    case verb::options: return Method::options;
    default: return Method::other;
  }
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

bool is_folded(std::string_view lines) {
  return lines.find("\r\n ") != std::string_view::npos || lines.find("\r\n\t") != std::string_view::npos;
}

Refusal refusal_for(const error_code& ec) {
  if (ec == error::header_limit) return {431, "header_too_large"};
  if (ec == error::bad_version) return {505, "version_unsupported"};
  return {400, "request_malformed"};
}

}  // namespace

struct Incoming::Parser final : beast::http::basic_parser<true> {
  Parser() {
    header_limit(static_cast<std::uint32_t>(limits::http_header_bytes));
    body_limit(boost::none);  // counted here: the row says how much, once it is known
    eager(false);
  }

  State now = State::head;
  Refusal why{400, "request_malformed"};
  Request request;
  std::size_t head_bytes = 0, limit = 0, since_chunk = 0;
  std::size_t hosts = 0, lengths = 0, encodings = 0;
  bool begun = false, empty_line_passed = false, awaits_verdict = false, in_trailers = false, chunked_coding = true;
  std::string expect;

  void refuse(Refusal refusal) {
    now = State::refused;
    why = refusal;
  }

  // Beast reads a head in two halves, each with the whole limit; together they have it once.
  bool head_is_too_large(std::string_view unread) {
    const bool in_first_line = request.target.empty() && unread.find('\n') == std::string_view::npos;
    if (in_first_line && unread.size() > limits::http_target_bytes + 64) return refuse({414, "target_too_long"}), true;
    if (head_bytes + unread.size() > limits::http_header_bytes) return refuse({431, "header_too_large"}), true;
    return false;
  }

  void head_is_done() {
    if (head_bytes > limits::http_header_bytes) return refuse({431, "header_too_large"});
    // RFC 9112 §3.2: exactly one Host with HTTP/1.1, and never two.
    if (hosts > 1 || (hosts == 0 && version_ == 11)) return refuse({400, "host_malformed"});
    // RFC 9112 §6.1, §6.3: one framing, said once. Anything else is how requests are smuggled.
    if (lengths > 1 || encodings > 1 || (lengths > 0 && encodings > 0)) return refuse({400, "framing_ambiguous"});
    if (encodings > 0 && version_ != 11) return refuse({400, "framing_ambiguous"});
    if (!chunked_coding) return refuse({501, "transfer_encoding_unsupported"});
    if (!expect.empty() && expect != "100-continue") return refuse({417, "expectation_unsupported"});
    now = is_done() ? State::whole : State::body;
    awaits_verdict = now == State::body;
  }

  std::size_t take(std::string_view bytes) {
    std::size_t taken = 0;
    // RFC 9112 §2.2: one empty line before a request is let pass.
    if (!begun && !empty_line_passed && !bytes.empty()) {
      if (bytes == "\r") return 0;
      empty_line_passed = true;
      if (bytes.starts_with("\r\n")) taken = 2;
    }
    while (now == State::head || (now == State::body && !awaits_verdict)) {
      const std::string_view rest = bytes.substr(taken);
      // No chunked body ends in fewer bytes than its last chunk, and Beast asserts that it has all of those.
      if (rest.empty() || (now == State::body && chunked() && rest.size() < last_chunk.size())) break;
      begun = true;
      error_code ec;
      const std::size_t used = put({rest.data(), rest.size()}, ec);
      taken += used;
      if (now == State::head) {
        head_bytes += used;
        // RFC 9112 §5.2 lets us refuse a folded line; Beast, which joins it, reads all fields at once.
        if (is_folded(rest.substr(0, used))) {
          refuse({400, "request_malformed"});
          break;
        }
      }
      if (ec && ec != error::need_more) {
        if (now != State::refused) refuse(refusal_for(ec));
        break;
      }
      if (now == State::head) {
        if (is_header_done()) head_is_done();
        else if (head_is_too_large(bytes.substr(taken))) break;
      } else if (is_done()) {
        now = State::whole;
      } else {
        since_chunk = used == 0 ? bytes.size() - taken : 0;
        if (since_chunk > most_between_chunks) refuse({400, "chunk_malformed"});
      }
      if (ec == error::need_more) break;
    }
    return taken;
  }

  void add_body(beast::string_view part, error_code& ec) {
    if (part.size() > limit - std::min(limit, request.body.size())) {
      refuse({413, "body_too_large"});
      ec = error::body_limit;
      return;
    }
    request.body.append(part.data(), part.size());
  }

  int version_ = 11;

  // What basic_parser calls.
  void on_request_impl(verb method, beast::string_view, beast::string_view target, int version, error_code& ec) override {
    version_ = version;
    if (target.size() > limits::http_target_bytes) {
      refuse({414, "target_too_long"});
      ec = error::bad_target;
      return;
    }
    request.method = method_of(method);
    request.target = view(target);
  }
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value, error_code& ec) override {
    if (in_trailers) return;  // RFC 9110 §6.5.1: may be discarded; must not be merged
    if (request.headers.size() == most_fields) {
      refuse({431, "header_too_large"});
      ec = error::header_limit;
      return;
    }
    switch (field) {
      case beast::http::field::host: ++hosts; break;
      case beast::http::field::content_length:
        // RFC 9112 §6.3: a list of equal lengths could be let pass; none is honest.
        if (++lengths > 1 || !to_integer(view(value)) || value.front() == '+' || value.front() == '-') {
          refuse({400, "framing_ambiguous"});
          ec = error::bad_content_length;
        }
        break;
      case beast::http::field::transfer_encoding:
        ++encodings;
        chunked_coding = ascii_iequals(view(value), "chunked");
        break;
      case beast::http::field::expect: expect = ascii_lower(view(value)); break;
      default: break;
    }
    request.headers.emplace_back(ascii_lower(view(name)), view(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) request.body.reserve(std::min({static_cast<std::size_t>(*length), limit, most_reserved}));
  }
  std::size_t on_body_impl(beast::string_view part, error_code& ec) override {
    add_body(part, ec);
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code& ec) override {
    if (size == 0) in_trailers = true;
    if (size > limit - std::min(limit, request.body.size())) {
      refuse({413, "body_too_large"});
      ec = error::body_limit;
    }
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, error_code& ec) override {
    add_body(part, ec);
    return part.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
};

Incoming::Incoming() : parser_(std::make_unique<Parser>()) {}
Incoming::~Incoming() = default;
Incoming::Incoming(Incoming&&) noexcept = default;
Incoming& Incoming::operator=(Incoming&&) noexcept = default;

std::size_t Incoming::read(std::string_view bytes) { return parser_->take(bytes); }
Incoming::State Incoming::state() const { return parser_->now; }
const Refusal& Incoming::refusal() const { return parser_->why; }
Request& Incoming::request() { return parser_->request; }
bool Incoming::keep_alive() const { return parser_->keep_alive(); }
bool Incoming::wants_continue() const { return !parser_->expect.empty() && parser_->version_ == 11; }
bool Incoming::is_http11() const { return parser_->version_ == 11; }
bool Incoming::has_begun() const { return parser_->begun; }

bool Incoming::accept_body(std::size_t limit) {
  Parser& p = *parser_;
  p.limit = limit;
  p.awaits_verdict = false;
  const auto length = p.content_length();
  if (length && *length > limit) {
    p.refuse({413, "body_too_large"});
    return false;
  }
  return true;
}

}  // namespace kidoban::http
