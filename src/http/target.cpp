#include "http/target.h"

#include <algorithm>

#include "base/text.h"

namespace kidoban::http {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_name(char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_'; }

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, is_digit)) return false;
  return to_integer(text).value_or(65'536) <= 65'535;
}

// %2F and %5C would make a segment look like two, to us or to whoever decodes after us.
bool hides_a_slash(std::string_view raw) {
  for (std::size_t at = raw.find('%'); at != std::string_view::npos; at = raw.find('%', at + 1)) {
    const std::string_view escape = raw.substr(at, 3);
    if (ascii_iequals(escape, "%2f") || ascii_iequals(escape, "%5c")) return true;
  }
  return false;
}

bool has_dot_segment(std::string_view path) {
  return std::ranges::any_of(split(path, '/'), [](std::string_view s) { return s == "." || s == ".."; });
}

Failure malformed(std::string_view why) { return fail(Kind::malformed, "target_malformed", std::string(why)); }

}  // namespace

Result<std::string> parse_host(std::string_view text) {
  const auto bad = [] { return fail(Kind::malformed, "host_malformed"); };
  if (text.size() > 255 + 6) return bad();  // RFC 1035 §2.3.4, and a port
  std::string host = ascii_lower(text);
  std::string_view rest = host;
  if (rest.starts_with("[")) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos || end < 3) return bad();
    const std::string_view address = rest.substr(1, end - 1);
    if (!std::ranges::all_of(address, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return bad();
    if (address.find(':') == std::string_view::npos) return bad();
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view name = rest.substr(0, end);
    if (name.empty() || !std::ranges::all_of(name, is_name) || name.front() == '.' || name.find("..") != std::string_view::npos) return bad();
    rest.remove_prefix(end);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return bad();
  return host;
}

Result<Target> parse_target(Method method, std::string_view text) {
  Target target;
  if (text == "*") {
    if (method != Method::options) return malformed("* is for OPTIONS");
    target.path = "*";
    return target;
  }
  if (!text.starts_with("/")) {
    const std::size_t colon = text.find("://");
    const std::string scheme = ascii_lower(text.substr(0, std::min(colon, text.size())));
    if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) return malformed("neither a path nor a URL");
    text.remove_prefix(colon + 3);
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    target.authority = TRY(parse_host(text.substr(0, end)));  // no user information: RFC 9110 §4.2.4
    text.remove_prefix(end);
    if (text.empty() || text.front() == '?') {
      target.path = "/";
      target.query = text.empty() ? "" : text.substr(1);
    }
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || c == '#') return malformed("a character that no URL has");
  }
  if (!target.path.empty()) return target;
  const std::size_t question = std::min(text.find('?'), text.size());
  const std::string_view raw = text.substr(0, question);
  if (question < text.size()) target.query = text.substr(question + 1);
  if (raw.find('\\') != std::string_view::npos || hides_a_slash(raw)) return malformed("a hidden slash");
  auto path = percent_decode(raw, Plus::is_plus);
  if (!path || !is_plain_text(*path)) return malformed("not percent-encoded text");
  if (has_dot_segment(*path)) return malformed("a dot segment");
  target.path = std::move(*path);
  return target;
}

}  // namespace kidoban::http
