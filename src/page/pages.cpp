#include <algorithm>

#include "base/require.h"
#include "base/text.h"
#include "page/assets.h"
#include "page/page.h"
#include "page/templates.h"
#include "page/words.h"

namespace kidoban::page {

namespace {

constexpr Language languages[] = {Language::en, Language::ja};

// An origin as a CSP source (CSP3 §2.3.1): nothing that could end the directive.
bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= 300 && text.find(':') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(":/.-_[]+").find(c) != std::string_view::npos;
         });
}

std::string content_security_policy(const std::vector<std::string>& form_targets) {
  std::string form_action = "'self'";
  for (const std::string& target : form_targets) {
    if (is_origin(target)) form_action += " " + target;
  }
  return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
         "form-action " + form_action + "; frame-ancestors 'none'; base-uri 'none'";
}

void secure(http::Reply& reply, const http::Request& request, const std::vector<std::string>& form_targets) {
  reply.with("Content-Security-Policy", content_security_policy(form_targets))
      .with("Referrer-Policy", "no-referrer")
      .with("X-Content-Type-Options", "nosniff")
      .with("X-Frame-Options", "DENY")
      .with("Cross-Origin-Opener-Policy", "same-origin")
      .with("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
      .with("Cache-Control", "no-store");
  if (request.site.secure) reply.with("Strict-Transport-Security", "max-age=31536000");
}

std::string fill(std::string text, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string mark = "{" + std::to_string(i) + "}";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + values[i].size())) {
      text.replace(at, mark.size(), values[i]);
    }
  }
  return text;
}

}  // namespace

struct Pages::Inside {
  explicit Inside(std::vector<Folder> folders) : assets(resources()) {
    if (std::none_of(folders.begin(), folders.end(), [](const Folder& f) { return f.name == "page"; })) {
      folders.push_back({"page", resources()});
    }
    for (const Folder& folder : folders) words.emplace(std::string(folder.name), Words(folder.resources));
    for (const Folder& folder : folders) {
      for (const Resource& resource : folder.resources) add_template(folders, folder, resource);
    }
  }

  const std::string* find_word(Language language, std::string_view folder, std::string_view key) const {
    if (const auto own = words.find(folder); own != words.end()) {
      if (const std::string* word = own->second.find(language, key)) return word;
    }
    return words.find("page")->second.find(language, key);
  }

  std::map<std::string, Words, std::less<>> words;
  std::map<std::string, std::array<std::unique_ptr<Template>, 2>, std::less<>> templates;
  Assets assets;

 private:
  static std::optional<std::string_view> find_template(Resources in, std::string_view name) {
    for (const Resource& resource : in) {
      if (resource.path.ends_with(".mustache") && resource.path.substr(0, resource.path.size() - 9) == name) {
        return resource.data;
      }
    }
    return std::nullopt;
  }

  void add_template(const std::vector<Folder>& folders, const Folder& folder, const Resource& resource) {
    if (!resource.path.ends_with(".mustache")) return;
    const std::string stem(resource.path.substr(0, resource.path.size() - 9));
    Resources shared;
    for (const Folder& one : folders) {
      if (one.name == "page") shared = one.resources;
    }
    auto& both = templates[std::string(folder.name) + "/" + stem];
    for (const Language language : languages) {
      Parts parts;
      parts.word = [&, language](std::string_view key) -> std::optional<std::string> {
        const std::string wanted = key == "title" ? "title." + stem : std::string(key);
        const std::string* word = find_word(language, folder.name, wanted);
        return word == nullptr ? std::nullopt : std::optional(*word);
      };
      parts.partial = [&](std::string_view name) {
        if (name == "content") return std::optional(resource.data);
        const auto own = find_template(folder.resources, name);
        return own ? own : find_template(shared, name);
      };
      parts.asset = [&](std::string_view name) { return assets.url(name); };
      const auto layout = find_template(shared, "layout");
      require(layout.has_value(), "the layout is built in");
      // Partials (names with a leading underscore) and the layout are no pages of their own.
      if (folder.name == "page" && (stem == "layout" || stem.starts_with("_"))) continue;
      if (stem.starts_with("_")) continue;
      both[static_cast<std::size_t>(language)] = std::make_unique<Template>(assemble(*layout, parts));
    }
  }
};

Pages::Pages(std::vector<Folder> folders) : inside_(std::make_unique<Inside>(std::move(folders))) {}
Pages::~Pages() = default;

http::Reply Pages::render(const http::Request& request, Language language, std::string_view name, const Data& data,
                          int status, const std::vector<std::string>& form_targets) const {
  const auto found = inside_->templates.find(name);
  require(found != inside_->templates.end() && found->second[0] != nullptr, "the page is built in: " + std::string(name));
  Data whole = data;
  whole.text["lang"] = code_of(language);
  whole.text["base"] = request.site.base_path;
  if (!whole.text.contains("site")) whole.text["site"] = request.site.display_name;
  auto reply = http::Reply::html(status, found->second[static_cast<std::size_t>(language)]->render(whole));
  std::erase_if(reply.headers, [](const auto& header) { return ascii_iequals(header.first, "cache-control"); });
  secure(reply, request, form_targets);
  reply.with("Content-Language", std::string(code_of(language)));
  return reply;
}

std::string Pages::word(Language language, std::string_view folder, std::string_view key,
                        const std::vector<std::string>& values) const {
  const std::string* found = inside_->find_word(language, folder, key);
  return found == nullptr ? std::string(key) : fill(*found, values);
}

http::Reply Pages::error(const http::Request& request, std::string_view folder, const Error& error) const {
  http::Reply reply;
  if (request.wants_json()) {
    reply = http::problem(request, error);
  } else {
    const Language language = choose_language({}, request.header("accept-language"));
    const auto say = [&](std::string_view part) {
      const std::string by_reason = "error." + std::string(error.reason.text()) + "." + std::string(part);
      if (inside_->find_word(language, folder, by_reason) != nullptr) return word(language, folder, by_reason);
      return word(language, "page", "error.kind." + std::string(name_of(error.kind)) + "." + std::string(part));
    };
    Data data;
    data.text["heading"] = say("title");
    data.text["text"] = say("text");
    data.text["trace_id"] = request.trace.trace_id;
    data.flags["has_home"] = request.site.tenant.has_value();
    reply = render(request, language, "page/error", data, http::status_of(error.kind));
  }
  if (error.retry_after_s > 0 && reply.header("Retry-After").empty()) {
    reply.with("Retry-After", std::to_string(error.retry_after_s));
  }
  return reply;
}

void Pages::add_routes(http::Routes& routes) const {
  const auto errors = [this](const http::Request& request, const Error& error) {
    return this->error(request, "page", error);
  };
  for (const http::Scope scope : {http::Scope::service, http::Scope::tenant}) {
    routes.add({scope, http::Method::get, "/assets/{file}", http::Guard::open, {http::Body::Type::none, 0}, errors,
                [this](http::Request& request) { return inside_->assets.answer(request); }, "asset", true});
  }
}

}  // namespace kidoban::page
