#include "page/templates.h"

#include <kainjow/mustache.hpp>

#include "base/require.h"
#include "base/text.h"

namespace kidoban::page {

namespace {

namespace mustache = kainjow::mustache;

mustache::data to_mustache(const Data& data) {
  mustache::data out(mustache::data::type::object);
  // Mustache takes "" for true; a page means "there is none" by it.
  for (const auto& [name, text] : data.text) {
    if (text.empty()) out.set(name, mustache::data(mustache::data::type::bool_false));
    else out.set(name, mustache::data(text));
  }
  for (const auto& [name, flag] : data.flags) {
    out.set(name, mustache::data(flag ? mustache::data::type::bool_true : mustache::data::type::bool_false));
  }
  for (const auto& [name, items] : data.lists) {
    mustache::data list(mustache::data::type::list);
    for (const Data& item : items) list.push_back(to_mustache(item));
    out.set(name, list);
  }
  return out;
}

// A word, escaped, with its {{variables}} left alone.
std::string escape_word(std::string_view word) {
  std::string out;
  for (;;) {
    const std::size_t open = word.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : word.find("}}", open);
    if (close == std::string_view::npos) return out + escape_html(word);
    out += escape_html(word.substr(0, open));
    out += word.substr(open, close + 2 - open);
    word.remove_prefix(close + 2);
  }
}

std::string part(std::string_view tag, const Parts& parts, int depth) {
  if (tag.starts_with("t.")) {
    const std::string_view key = tag.substr(2);
    return escape_word(parts.word(key).value_or(std::string(key)));
  }
  if (tag.starts_with("asset.")) return "{{base}}" + parts.asset(tag.substr(6));
  const auto partial = parts.partial(trim(tag.substr(1)));
  require(partial.has_value(), "a template's partial is built in");
  return assemble(*partial, parts, depth + 1);
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string assemble(std::string_view text, const Parts& parts, int depth) {
  require(depth <= 8, "partials end");
  std::string out;
  for (;;) {
    const std::size_t open = text.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return out.append(text);
    const std::string_view tag = trim(text.substr(open + 2, close - open - 2));
    out += text.substr(0, open);
    if (tag.starts_with("t.") || tag.starts_with("asset.") || tag.starts_with(">")) out += part(tag, parts, depth);
    else out += text.substr(open, close + 2 - open);
    text.remove_prefix(close + 2);
  }
}

struct Template::Inside {
  explicit Inside(const std::string& text) : parsed(text) {}
  // Rendering writes to it only for lambdas and run-time partials, which Data can't hold.
  mutable mustache::mustache parsed;
};

Template::Template(const std::string& text) : inside_(std::make_unique<Inside>(text)) {
  require(inside_->parsed.is_valid(), "a template parses: " + inside_->parsed.error_message());
}
Template::~Template() = default;

std::string Template::render(const Data& data) const {
  std::string out;
  out.reserve(8192);
  inside_->parsed.render(to_mustache(data), [&out](const std::string& piece) { out += piece; });
  return out;
}

}  // namespace kidoban::page
