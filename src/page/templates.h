#pragma once
// Templates made ready at start: for each page and language one text, in which the layout, the
// partials and the words are already in their places, parsed once. What is left at a request is its data.
//
//   {{t.key}}     the word of the page's folder, else of page/, HTML-escaped; a {{name}} inside a word stays a variable
//   {{>name}}     the template of that name of the same folder, else of page/
//   {{asset.kidoban.css}}   the asset's URL below the site

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "page/page.h"

namespace kidoban::page {

// Where the parts of a template come from; each answers nothing where there is no such part.
struct Parts {
  std::function<std::optional<std::string>(std::string_view key)> word;
  std::function<std::optional<std::string_view>(std::string_view name)> partial;
  std::function<std::string(std::string_view name)> asset;
};

// Puts the parts in their places. A partial that isn't there, or partials deeper than 8, are a failed requirement.
std::string assemble(std::string_view text, const Parts& parts, int depth = 0);

std::string escape_html(std::string_view text);

// One parsed template. Rendering only reads: any thread.
class Template {
 public:
  explicit Template(const std::string& text);
  ~Template();
  std::string render(const Data& data) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::page
