#include "http/request.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::http {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::del: return "DELETE";
    case Method::options: return "OPTIONS";
    case Method::other: break;
  }
  return "OTHER";
}

std::string_view Request::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

// RFC 6265 §5.4: "a=1; b=2". Values are opaque; quotes are part of them.
std::optional<std::string_view> Request::cookie(std::string_view name) const {
  std::size_t seen = 0;
  for (const auto& [header_name, value] : headers) {
    if (header_name != "cookie") continue;
    const std::string_view all = value;
    for (std::size_t at = 0; at <= all.size();) {
      const std::size_t end = std::min(all.find(';', at), all.size());
      const std::string_view part = trim(all.substr(at, end - at));
      at = end + 1;
      if (part.empty()) continue;
      if (++seen > limits::cookies) return std::nullopt;
      const std::size_t equals = part.find('=');
      if (equals == std::string_view::npos || trim(part.substr(0, equals)) != name) continue;
      return trim(part.substr(equals + 1));
    }
  }
  return std::nullopt;
}

std::string_view Request::path_value(std::string_view name) const {
  const auto found = path_values.find(name);
  return found == path_values.end() ? std::string_view() : found->second;
}

std::string Request::content_type() const {
  const std::string_view value = header("content-type");
  return ascii_lower(trim(value.substr(0, value.find(';'))));
}

Result<Form> Request::body_form() const {
  if (content_type() != "application/x-www-form-urlencoded") {
    return fail(Kind::malformed, "content_type_unsupported", "application/x-www-form-urlencoded is wanted");
  }
  return Form::parse(body);
}

namespace {

// RFC 9110 §12.4.2, in thousandths; 0 where it isn't a weight at all.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (one.size() < 3 || !ascii_iequals(one.substr(0, 2), "q=")) continue;
    const std::string_view digits = one.substr(2);
    if (digits.size() > 5 || (digits[0] != '0' && digits[0] != '1')) return 0;
    int value = (digits[0] - '0') * 1000;
    if (digits.size() > 1 && digits[1] != '.') return 0;
    for (std::size_t i = 2, scale = 100; i < digits.size(); ++i, scale /= 10) {
      if (digits[i] < '0' || digits[i] > '9') return 0;
      value += (digits[i] - '0') * static_cast<int>(scale);
    }
    return std::min(value, 1000);
  }
  return 1000;
}

// How much a type is wanted: its weight, then how exactly it was named.
struct Wanted {
  int exactness = 0, weight = 0;
  void hear(int how_exactly, int how_much) {
    if (how_exactly < exactness || (how_exactly == exactness && how_much <= weight)) return;
    exactness = how_exactly;
    weight = how_much;
  }
};

}  // namespace

bool Request::wants_json() const {
  Wanted json, html;
  for (const auto& [name, value] : headers) {
    if (name != "accept") continue;
    for (const std::string_view range : split(value, ',')) {
      const std::size_t semicolon = range.find(';');
      const std::string type = ascii_lower(trim(range.substr(0, semicolon)));
      const int weight = semicolon == std::string_view::npos ? 1000 : weight_of(range.substr(semicolon + 1));
      if (type == "*/*") json.hear(1, weight), html.hear(1, weight);
      else if (type == "application/*") json.hear(2, weight);
      else if (type == "text/*") html.hear(2, weight);
      else if (type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"))) json.hear(3, weight);
      else if (type == "text/html" || type == "application/xhtml+xml") html.hear(3, weight);
    }
  }
  if (json.weight != html.weight) return json.weight > html.weight;
  return json.weight > 0 && json.exactness > html.exactness;
}

}  // namespace kidoban::http
