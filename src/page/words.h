#pragma once
// The words of one folder in both languages: `words.en.json` and `words.ja.json`, flat objects of strings.

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "base/resource.h"
#include "page/page.h"

namespace kidoban::page {

class Words {
 public:
  // A words file that isn't a flat object of strings is a failed requirement: it is built in.
  explicit Words(Resources folder);
  // nullptr where the folder has no such word.
  const std::string* find(Language language, std::string_view key) const;
  const std::map<std::string, std::string, std::less<>>& all(Language language) const {
    return words_[static_cast<std::size_t>(language)];
  }

 private:
  std::array<std::map<std::string, std::string, std::less<>>, 2> words_;
};

}  // namespace kidoban::page
