#pragma once
// A browser's User-Agent in words a person knows: "Firefox", "Windows". For showing only.

#include <string_view>

namespace kidoban::portal {

struct Client {
  std::string_view browser, system;  // "" where it can't be told
};
Client client_of(std::string_view user_agent);

}  // namespace kidoban::portal
