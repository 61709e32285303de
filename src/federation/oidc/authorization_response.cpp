#include "base/text.h"
#include "federation/oidc/authorization_request.h"
#include "federation/oidc/redirect_uri.h"

namespace kidoban::federation::oidc {

namespace {

constexpr std::string_view mode_names[] = {"query", "fragment", "form_post"};

page::Language language_of(const http::Request& request, std::string_view ui_locales) {
  return page::choose_language(ui_locales, request.header("accept-language"));
}

// OAuth 2.0 Form Post Response Mode: a form that the page's script sends, or the person's button.
http::Reply form_post(const page::Pages& pages, const http::Request& request, const AuthorizationRequest& asked, const http::Form& answer) {
  page::Data data;
  data.text["action"] = asked.redirect_uri;
  for (const auto& [name, value] : answer.fields()) {
    page::Data field;
    field.text["name"] = name;
    field.text["value"] = value;
    data.lists["fields"].push_back(std::move(field));
  }
  return pages.render(request, language_of(request, asked.ui_locales), "federation/oidc/form_post", data, 200,
                      {origin_of(asked.redirect_uri)});
}

}  // namespace

std::string print_request(const AuthorizationRequest& request) {
  http::Form form;
  form.add("client_id", request.client_id);
  form.add("redirect_uri", request.redirect_uri);
  form.add("response_mode", std::string(mode_names[static_cast<std::size_t>(request.response_mode)]));
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) form.add(name, value);
  };
  add("state", request.state);
  add("nonce", request.nonce);
  add("code_challenge", request.code_challenge);
  add("ui_locales", request.ui_locales);
  add("userinfo", join(request.userinfo_claims, " "));
  add("id_token", join(request.id_token_claims, " "));
  if (request.auth_time_essential) form.add("auth_time", "1");
  return form.encode();
}

Result<AuthorizationRequest> read_request(std::string_view text) {
  const auto form = TRY(http::Form::parse(text));
  AuthorizationRequest request;
  request.client_id = form.get_or("client_id");
  request.redirect_uri = form.get_or("redirect_uri");
  const auto mode = form.get_or("response_mode");
  if (mode == "fragment") request.response_mode = ResponseMode::fragment;
  if (mode == "form_post") request.response_mode = ResponseMode::form_post;
  request.state = form.get_or("state");
  request.nonce = form.get_or("nonce");
  request.code_challenge = form.get_or("code_challenge");
  request.ui_locales = form.get_or("ui_locales");
  request.userinfo_claims = words_of(form.get_or("userinfo"));
  request.id_token_claims = words_of(form.get_or("id_token"));
  request.auth_time_essential = form.has("auth_time");
  return request;
}

http::Reply respond(const page::Pages& pages, const http::Request& request, const AuthorizationRequest& asked, http::Form answer) {
  if (!asked.state.empty()) answer.add("state", asked.state);
  answer.add("iss", request.site.base_url);
  if (asked.response_mode == ResponseMode::form_post) return form_post(pages, request, asked, answer);
  std::string location = asked.redirect_uri;
  if (asked.response_mode == ResponseMode::fragment) location += '#';
  else location += location.find('?') == std::string::npos ? '?' : '&';
  location += answer.encode();
  auto reply = http::Reply::see_other(std::move(location));
  // The code is in the address: neither caches nor the next page's Referer may have it (RFC 9700 §4.2.4).
  reply.with("Cache-Control", "no-store").with("Referrer-Policy", "no-referrer");
  return reply;
}

http::Reply respond_error(const page::Pages& pages, const http::Request& request, const AuthorizationRequest& asked,
                          std::string_view error, std::string_view description) {
  http::Form answer;
  answer.add("error", std::string(error));
  if (!description.empty()) answer.add("error_description", std::string(description));
  return respond(pages, request, asked, std::move(answer));
}

http::Reply application_error(const page::Pages& pages, const http::Request& request, std::string_view ui_locales,
                              std::string_view error, std::string_view description, std::string_view advice) {
  page::Data data;
  data.text["error"] = error;
  data.text["error_description"] = description;
  data.text["advice"] = advice;
  data.text["trace_id"] = request.trace.trace_id;
  return pages.render(request, language_of(request, ui_locales), "page/application_error", data, 400);
}

}  // namespace kidoban::federation::oidc
