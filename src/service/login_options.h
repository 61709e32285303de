#pragma once
// How signing in is set up by the configuration: for the server, and for commands that end sessions or look at locks.

#include "login/login.h"
#include "service/house.h"

namespace kidoban::service {

login::Options login_options(House& house);

}  // namespace kidoban::service
