#pragma once
// What a browser sees: templates (Mustache), words (ja, en), the layout every page shares, and the
// built-in assets with their hashes in their names.
//
// A page is rendered on the server and works without script. Its words come from the folder it
// belongs to: `words.ja.json` and `words.en.json`, flat objects of strings; a test checks that both have
// the same keys.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/resource.h"
#include "base/result.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/routes.h"

namespace kidoban::page {

enum class Language : std::uint8_t { en, ja };
std::string_view code_of(Language language);  // "en", "ja"
// The first we speak of `ui_locales` (space-separated BCP 47, OIDC Core §3.1.2.1), then of
// Accept-Language (RFC 9110 §12.5.4, by q), then English.
Language choose_language(std::string_view ui_locales, std::string_view accept_language);

// A tree of what a template shows; strings are escaped by the template.
struct Data {
  std::map<std::string, std::string> text;
  std::map<std::string, bool> flags;
  std::map<std::string, std::vector<Data>> lists;
};

// Built once at start from the folders' resources, then only read. Any thread.
class Pages {
 public:
  // `folders`: e.g. {"login", login::resources()}. A template is named "login/consent"; a word of that folder
  // "heading", found first in the template's folder and then in page/'s own.
  struct Folder { std::string_view name; Resources resources; };
  explicit Pages(std::vector<Folder> folders);
  ~Pages();

  // The template inside the layout, as a whole HTML reply with its security headers (CSP without inline script,
  // frame-ancestors 'none', Referrer-Policy, nosniff, no-store). Words are {{t.key}} in templates. The CSP's form-action
  // is 'self' plus `form_targets` (origins a form of this page may lead to by redirect).
  http::Reply render(const http::Request& request, Language language, std::string_view name, const Data& data,
                     int status = 200, const std::vector<std::string>& form_targets = {}) const;
  // One word; the key itself where it is missing. {0}, {1}… are replaced by `values`.
  std::string word(Language language, std::string_view folder, std::string_view key,
                   const std::vector<std::string>& values = {}) const;
  // An error page for a person: what happened and what to do next. Heading and text are the words
  // "error.<reason>.title" and "error.<reason>.text" of `folder`, or page/'s for the kind. Shows the trace id. 
  http::Reply error(const http::Request& request, std::string_view folder, const Error& error) const;
  // Assets: "/assets/<name>.<hash>.css", compressed, immutable; and its URL below the service's public URL path.
  void add_routes(http::Routes& routes) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

Resources resources();

}  // namespace kidoban::page
