// /api/v1/settings/sign-in.

#include "console/answers.h"
#include "console/asking.h"
#include "login/sign_in_settings.h"

namespace kidoban::console {

using http::Method, http::Reply, http::Request;

namespace {
Reply settings_reply(const login::SignInSettings& settings, std::int64_t version) {
  auto reply = Reply::json(200, login::sign_in_settings_json(settings));
  reply.with("ETag", entity_tag(version));
  return reply;
}
}  // namespace

void add_sign_in_settings_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/sign-in", "sign_in_settings_get", [in](Request& request) -> Result<Reply> {
    return read_as(in, request, Permission::policies_read, [&](store::Transaction& tx) -> Result<Reply> {
      const auto stands = TRY(in.settings.read(tx, login::sign_in_section));
      return settings_reply(stands ? TRY(login::parse_sign_in_settings(stands->json)) : login::SignInSettings{}, stands ? stands->version : 0);
    });
  }));
  routes.add(row(Method::put, "/settings/sign-in", "sign_in_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(login::parse_sign_in_settings(request.body));
    const auto now = TRY(write_as(in, request, Permission::policies_write, [&](store::Transaction& tx, const audit::Event& by) {
      return in.settings.write(tx, login::sign_in_section, login::sign_in_settings_json(wanted), version, by);
    }));
    return settings_reply(wanted, now);
  }, Takes::json));
}

}  // namespace kidoban::console
