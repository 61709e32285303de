#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "http/request.h"

namespace kidoban::http {

// WHATWG URL §5.1, but strict: what doesn't decode is refused, not guessed at.
Result<Form> Form::parse(std::string_view encoded) {
  Form form;
  if (encoded.empty()) return form;
  for (std::size_t at = 0; at <= encoded.size();) {
    const std::size_t end = std::min(encoded.find('&', at), encoded.size());
    const std::string_view part = encoded.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    if (form.fields_.size() == limits::form_fields) return fail(Kind::malformed, "form_malformed", "too many fields");
    const std::size_t equals = part.find('=');
    auto name = percent_decode(part.substr(0, equals), Plus::is_space);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(part.substr(equals + 1), Plus::is_space);
    if (!name || !value) return fail(Kind::malformed, "form_malformed", "a field isn't percent-encoded");
    // A NUL may also come as itself.
    const auto good = [](const std::string& text) { return is_utf8(text) && text.find('\0') == std::string::npos; };
    if (!good(*name) || !good(*value)) return fail(Kind::malformed, "form_malformed", "a field isn't UTF-8 text");
    form.fields_.emplace_back(std::move(*name), std::move(*value));
  }
  return form;
}

std::optional<std::string_view> Form::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string_view Form::get_or(std::string_view name, std::string_view otherwise) const {
  const auto found = get(name);
  return found ? *found : otherwise;
}

std::optional<std::string_view> Form::repeated() const {
  // limits::form_fields bounds the square.
  for (std::size_t i = 1; i < fields_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (fields_[i].first == fields_[j].first) return fields_[i].first;
    }
  }
  return std::nullopt;
}

std::string Form::encode() const {
  std::string out;
  for (const auto& [name, value] : fields_) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + '=' + percent_encode(value);
  }
  return out;
}

}  // namespace kidoban::http
