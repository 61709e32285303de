#include "service/login_options.h"

namespace kidoban::service {

login::Options login_options(const Config& config, factors::Passwords& passwords) {
  login::Options options;
  options.session.idle = std::chrono::minutes(config.session_idle_minutes);
  options.session.absolute = std::chrono::hours(config.session_absolute_hours);
  options.lockout.rule_of_tenant = [&passwords](store::Transaction& tx) -> Result<login::LockoutRule> {
    const auto rule = TRY(passwords.lock_rule(tx));
    return login::LockoutRule{rule.threshold, rule.first_delay, rule.longest_delay, rule.forget_after};
  };
  options.offers_recovery = !config.mail_server.empty();
  return options;
}

}  // namespace kidoban::service
