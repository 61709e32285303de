#include "login/client.h"

#include <span>
#include <utility>

namespace kidoban::login {

namespace {
using Mark = std::pair<std::string_view, std::string_view>;

// In order: most browsers also carry the names of those they want to be taken for.
constexpr Mark browsers[] = {{"Edg", "Edge"},       {"OPR/", "Opera"},     {"SamsungBrowser", "Samsung Internet"},
                             {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},  {"CriOS", "Chrome"},
                             {"Chrome", "Chrome"},   {"Safari", "Safari"},  {"curl", "curl"}};
constexpr Mark systems[] = {{"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Android", "Android"},
                            {"Windows", "Windows"}, {"CrOS", "ChromeOS"},   {"Mac OS X", "macOS"},
                            {"Linux", "Linux"}};

std::string_view first(std::span<const Mark> marks, std::string_view text) {
  for (const auto& [mark, name] : marks) {
    if (text.find(mark) != std::string_view::npos) return name;
  }
  return {};
}
}  // namespace

Client client_of(std::string_view user_agent) { return {first(browsers, user_agent), first(systems, user_agent)}; }

std::string told_of(const Client& client) {
  if (client.browser.empty() && client.system.empty()) return "?";
  if (client.browser.empty() || client.system.empty()) return std::string(client.browser) + std::string(client.system);
  return std::string(client.browser) + ", " + std::string(client.system);
}

}  // namespace kidoban::login
