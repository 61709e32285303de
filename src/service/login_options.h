#pragma once
// How signing in is set up by the configuration: for the server, and for commands that end sessions or look at locks.

#include "factors/passwords.h"
#include "login/login.h"
#include "service/config.h"

namespace kidoban::service {

login::Options login_options(const Config& config, factors::Passwords& passwords);

}  // namespace kidoban::service
