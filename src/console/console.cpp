#include "console/console.h"

#include "console/asking.h"

namespace kidoban::console {

void add_routes(http::Routes& routes, const Inside& in) {
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
}

}  // namespace kidoban::console
