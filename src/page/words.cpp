#include "page/words.h"

#include <boost/json.hpp>

#include "base/require.h"

namespace kidoban::page {

Words::Words(Resources folder) {
  for (const Resource& resource : folder) {
    const bool en = resource.path == "words.en.json";
    if (!en && resource.path != "words.ja.json") continue;
    boost::system::error_code error;
    const auto parsed = boost::json::parse(resource.data, error);
    require(!error && parsed.is_object(), "words are a JSON object");
    auto& words = words_[static_cast<std::size_t>(en ? Language::en : Language::ja)];
    for (const auto& [key, value] : parsed.get_object()) {
      require(value.is_string(), "a word is a string");
      words.emplace(std::string(key), std::string(value.get_string()));
    }
  }
}

const std::string* Words::find(Language language, std::string_view key) const {
  const auto& words = all(language);
  const auto found = words.find(key);
  return found == words.end() ? nullptr : &found->second;
}

}  // namespace kidoban::page
