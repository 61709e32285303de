#pragma once
// A browser's User-Agent in words a person knows: "Firefox", "Windows". For showing only.

#include <string>
#include <string_view>

namespace kidoban::login {

struct Client {
  std::string_view browser, system;  // "" where it can't be told
};
Client client_of(std::string_view user_agent);
// "Firefox, Windows", for a mail; "?" where nothing can be told.
std::string told_of(const Client& client);

}  // namespace kidoban::login
