#include "console/console.h"

#include "base/require.h"
#include "console/asking.h"
#include "console/guarded.h"
#include "console/openapi.h"

namespace kidoban::console {

std::vector<http::Route> rows_of(const Inside& in) {
  http::Routes routes;
  add_people_routes(routes, in);
  add_session_routes(routes, in);
  add_group_routes(routes, in);
  add_domain_routes(routes, in);
  add_directory_settings_routes(routes, in);
  add_role_routes(routes, in);
  add_service_account_routes(routes, in);
  add_password_routes(routes, in);
  add_group_member_routes(routes, in);
  add_audit_routes(routes, in);
  add_mail_routes(routes, in);
  add_job_routes(routes, in);
  add_import_routes(routes, in);
  add_export_routes(routes, in);
  add_me_routes(routes, in);
  add_sign_in_settings_routes(routes, in);
  add_webhook_routes(routes, in);
  add_approval_settings_routes(routes, in);
  return routes.all();
}

void add_routes(http::Routes& routes, const Inside& in) {
  auto rows = rows_of(in);
  require(knows_its_rows(rows), "an act that may want a second person is a row of the API");
  for (http::Route& one : rows) routes.add(guarded(std::move(one), in));
  add_approval_routes(routes, in);
  add_openapi_route(routes, in);
}

}  // namespace kidoban::console
