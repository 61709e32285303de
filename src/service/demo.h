#pragma once
// Demonstration data: a tenant `demo` with two people and two applications, made where they are
// missing. For `serve --demo`, which refuses to listen anywhere but on loopback: its passwords are public.

#include "base/result.h"
#include "service/house.h"

namespace kidoban::service {

inline constexpr std::string_view demo_password = "gate of the lantern street";

Status make_demo(House& house);

}  // namespace kidoban::service
