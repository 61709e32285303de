#pragma once
// The administrators' API without a server: its own rows and handlers, asked by the operator at the machine. What a command does
// is so checked, done and recorded as what an administrator does; it is the operator's in the audit. Which rows there are, and that
// nothing from a network reaches these, says docs/decisions/0021. One thread.

#include <string>

#include "http/routes.h"
#include "page/page.h"
#include "service/rooms.h"

namespace kidoban::service {

// How an act of the operator is recorded.
audit::Event by_operator();

// A house with one of its tenants, for a command. not_found/"tenant_unknown".
struct Opened {
  std::unique_ptr<House> house;
  tenant::Tenant tenant;
};
Result<Opened> open_tenant(const Config& config, std::string_view slug);

class OperatorApi {
 public:
  // `on`: the house's store, or a transaction that everything is to be a part of (store/joined.h).
  OperatorApi(House& house, const tenant::Tenant& tenant, store::Store& on);

  struct Call {
    http::Method method = http::Method::get;
    std::string path;          // below /api/v1, encoded, with its query: "/people?limit=5"
    std::string body = {};
    std::string if_match = {}; // an entity tag
  };
  // An answer of 2xx or 3xx. Else the handler's error, its note a sentence with the reason; for an answer that is a refusal itself
  // malformed/"settings_malformed", "password_unusable", "request_refused". not_found/"page_unknown", malformed/"method_not_allowed".
  Result<http::Reply> call(const Call& call);
  Result<http::Reply> get(std::string path) { return call({http::Method::get, std::move(path)}); }

  const http::Routes& routes() const { return routes_; }
  jobs::Engine& engine() { return rooms_.engine; }

 private:
  const page::Pages pages_;
  Rooms rooms_;
  http::Routes routes_;
  http::Site site_;
};

// What a path below /api/v1 begins with in the rows.
inline constexpr std::string_view api_root = "/api/v1";

}  // namespace kidoban::service
