#include "service/login_options.h"

#include "service/mails.h"

namespace kidoban::service {

login::Options login_options(House& house) {
  login::Options options;
  options.session.idle = std::chrono::minutes(house.config.session_idle_minutes);
  options.session.absolute = std::chrono::hours(house.config.session_absolute_hours);
  options.lockout.rule_of_tenant = [&passwords = house.password](store::Transaction& tx) -> Result<login::LockoutRule> {
    const auto rule = TRY(passwords.lock_rule(tx));
    return login::LockoutRule{rule.threshold, rule.first_delay, rule.longest_delay, rule.forget_after};
  };
  options.offers_recovery = !house.config.mail_server.empty();
  tell_of_sign_ins(house, options);
  return options;
}

}  // namespace kidoban::service
