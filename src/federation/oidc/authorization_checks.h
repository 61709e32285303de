#pragma once
// The checks an authorization request passes, as one table: reading it is reading what the
// authorization endpoint demands, in the order it demands it.

#include <optional>
#include <span>

#include "federation/oidc/authorization_request.h"
#include "federation/oidc/provider.h"

namespace kidoban::federation::oidc {

struct Asking {
  Provider& provider;
  const http::Request& http;
  const http::Form& form;
  ClientPointer client;           // there after the first check
  AuthorizationRequest request;   // filled by the checks
  SignInRequest asked;            // what the gate will be asked
  bool openid = false;

  // A parameter without a value counts as left out (RFC 6749 §3.1).
  std::string_view value(std::string_view name) const { return form.get_or(name); }
};

struct Refused {
  std::string_view error, description;
  std::string_view advice = {};  // for the page
};
using Checked = Result<std::optional<Refused>>;

enum class Answer : std::uint8_t { page, redirect };  // where a refusal goes
struct Check {
  std::string_view parameter, rule;
  Answer answer;
  Checked (*run)(Asking&);
};
std::span<const Check> authorization_checks();

}  // namespace kidoban::federation::oidc
