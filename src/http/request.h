#pragma once
// One whole HTTP request, read and bounded before any handler sees it. Owned by the worker that
// answers it; nothing here is shared.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "runtime/deadline.h"

namespace kidoban::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view name_of(Method method);

// Names and values in the order they came. From a query or an urlencoded body.
class Form {
 public:
  // Strict: UTF-8, no NUL, limits::form_fields; malformed/"form_malformed" otherwise.
  static Result<Form> parse(std::string_view encoded);

  std::optional<std::string_view> get(std::string_view name) const;  // the first of that name
  std::string_view get_or(std::string_view name, std::string_view otherwise = {}) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  // RFC 6749 §3.1: a parameter must not be sent more than once. The first repeated name, if any.
  std::optional<std::string_view> repeated() const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  std::string encode() const;  // application/x-www-form-urlencoded

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Where a request belongs: a tenant, or (without one) the service itself.
struct Site {
  std::optional<TenantId> tenant;
  std::string slug;
  std::string base_url;     // "https://id.example.com/t/acme": no slash at the end; the issuer
  std::string base_path;    // "/t/acme", or "" where the tenant has its own host
  bool secure = false;      // base_url is https
  std::string display_name;
};

// W3C Trace Context: 16 and 8 bytes in hex.
struct Trace {
  std::string trace_id, span_id;
};

struct Request {
  Method method = Method::other;
  std::string target;                 // as sent
  std::string path;                   // decoded, below the site: "/oauth2/token"; always begins with "/"
  std::string query;                  // as sent, without "?"
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string client_address;         // the peer, or what a configured proxy says it was
  std::string host;                   // Host (or X-Forwarded-Host from a configured proxy), lower case
  bool tls = false;                   // reached us, or the configured proxy, by TLS
  Site site;
  std::map<std::string, std::string, std::less<>> path_values;  // {name} in the route's path
  Trace trace;
  runtime::Deadline deadline = runtime::Deadline::never();

  std::string_view header(std::string_view lower_case_name) const;  // "" where absent; the first
  std::optional<std::string_view> cookie(std::string_view name) const;
  std::string_view path_value(std::string_view name) const;  // "" where the route has none
  // The media type of the body, lower case, without parameters.
  std::string content_type() const;
  // Does the client prefer JSON to HTML (Accept)?
  bool wants_json() const;
  Result<Form> query_form() const { return Form::parse(query); }
  // The body as a form: malformed/"content_type_unsupported" when it isn't declared as one.
  Result<Form> body_form() const;
};

}  // namespace kidoban::http
