#pragma once
// The first operator. A Kidoban without a tenant prints a link that works once; it leads to a page
// that makes the operator's own tenant and its first administrator.

#include <optional>
#include <string>

#include "base/resource.h"
#include "http/routes.h"
#include "page/page.h"
#include "service/house.h"

namespace kidoban::service {

Resources resources();

inline constexpr std::string_view operator_slug = "operator";
inline constexpr std::chrono::hours setup_link_lifetime{24};

// A new link's token, replacing any older one; nothing when there already is a tenant. The store keeps only its hash.
Result<std::optional<std::string>> make_setup_token(House& house);

// GET and POST /setup/{token}.
void add_setup_routes(http::Routes& routes, House& house, const page::Pages& pages,
                      const tenant::Addressing& addressing);

}  // namespace kidoban::service
