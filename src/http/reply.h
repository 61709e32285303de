#pragma once
// One whole HTTP answer.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kidoban::http {

struct Cookie {
  std::string name, value;
  std::string path = "/";
  bool secure = true;
  bool http_only = true;
  enum class SameSite { lax, strict, none } same_site = SameSite::lax;
  std::optional<std::chrono::seconds> max_age;  // none: until the browser is closed; 0: remove
};

struct Reply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // A body that lives as long as the program (built-in assets, cached documents): sent without a copy. Used when `body` is empty.
  std::string_view static_body;

  static Reply text(int status, std::string body);
  static Reply html(int status, std::string body);
  static Reply json(int status, std::string body);          // Cache-Control: no-store
  static Reply see_other(std::string location);             // 303: the next request is a GET
  static Reply empty(int status);                           // 204 …

  Reply& with(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); return *this; }
  Reply& set(const Cookie& cookie);
  std::string_view header(std::string_view name) const;     // case does not matter
};

}  // namespace kidoban::http
