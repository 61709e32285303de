#include "federation/oidc/claims_request.h"

#include <boost/json.hpp>

#include <algorithm>

namespace kidoban::federation::oidc {

namespace {

namespace json = boost::json;

constexpr std::size_t claims_parameter_bytes = 8 * 1024;

Failure malformed(std::string note) { return fail(Kind::malformed, "claims_malformed", std::move(note)); }

struct Wanted {
  bool essential = false;
  std::vector<std::string> values;  // of "value" and "values", where they are strings
};

Result<Wanted> read_wanted(const json::value& value) {
  Wanted wanted;
  if (value.is_null()) return wanted;
  if (!value.is_object()) return malformed("a claim is asked for with null or an object");
  const auto& object = value.get_object();
  if (const auto* essential = object.if_contains("essential")) {
    if (!essential->is_bool()) return malformed("essential is true or false");
    wanted.essential = essential->get_bool();
  }
  if (const auto* one = object.if_contains("value"); one != nullptr && one->is_string()) {
    wanted.values.emplace_back(one->get_string().data(), one->get_string().size());
  }
  if (const auto* all = object.if_contains("values")) {
    if (!all->is_array()) return malformed("values is an array");
    for (const auto& one : all->get_array()) {
      if (one.is_string()) wanted.values.emplace_back(one.get_string().data(), one.get_string().size());
    }
  }
  return wanted;
}

bool is_person_claim(std::string_view name) { return std::ranges::find(person_claims, name) != std::end(person_claims); }

Status read_members(const json::value& value, std::vector<std::string>& names, ClaimsRequest& request) {
  if (value.is_null()) return {};
  if (!value.is_object()) return malformed("userinfo and id_token are objects");
  for (const auto& member : value.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    auto wanted = TRY(read_wanted(member.value()));
    if (name == "sub") {
      if (wanted.values.empty()) continue;
      if (wanted.values.size() > 1) return malformed("sub takes one value");
      if (request.sub && *request.sub != wanted.values.front()) return malformed("two values for sub");
      request.sub = std::move(wanted.values.front());
    } else if (name == "acr") {
      request.acr = std::move(wanted.values);
      request.acr_essential = wanted.essential && !request.acr.empty();
    } else if (name == "auth_time") {
      request.auth_time_essential = request.auth_time_essential || wanted.essential;
    } else if (is_person_claim(name)) {
      names.emplace_back(name);
    }
  }
  return {};
}

}  // namespace

Result<ClaimsRequest> parse_claims_request(std::string_view text) {
  if (text.size() > claims_parameter_bytes) return malformed("too long");
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error || !value.is_object()) return malformed("not a JSON object");
  ClaimsRequest request;
  if (const auto* userinfo = value.get_object().if_contains("userinfo")) {
    TRY(read_members(*userinfo, request.userinfo, request));
  }
  if (const auto* id_token = value.get_object().if_contains("id_token")) {
    TRY(read_members(*id_token, request.id_token, request));
  }
  return request;
}

}  // namespace kidoban::federation::oidc
