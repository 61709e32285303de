#include <doctest/doctest.h>

#include "login/login.h"
#include "page/words.h"

using namespace kidoban;

TEST_CASE("both languages have the same words of signing in, and every page its title") {
  const page::Words words(login::resources());
  for (const auto& [key, word] : words.all(page::Language::en)) {
    INFO(key);
    CHECK(words.find(page::Language::ja, key) != nullptr);
  }
  CHECK(words.all(page::Language::en).size() == words.all(page::Language::ja).size());
  for (const char* name : {"identify", "choose", "consent", "sign_out", "signed_out"}) {
    CHECK(words.find(page::Language::en, std::string("title.") + name) != nullptr);
  }
}
