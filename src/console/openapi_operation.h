#pragma once
// One row of the API as an Operation Object (OpenAPI 3.1.1 §4.8.10): what its row says, what its description says, and what
// follows from both: who is refused how.

#include <boost/json/object.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/routes.h"

namespace kidoban::console {

// components.responses: answers that many rows have alike.
boost::json::object common_responses();

class Operation {
 public:
  // `common`: openapi/common.json. What doesn't fit together is added to `faults`.
  Operation(const http::Route& route, const boost::json::object& described, const boost::json::object& common, std::vector<std::string>& faults);
  boost::json::object told();

 private:
  const boost::json::value* member(std::string_view name) const;
  std::string text(std::string_view name) const;
  bool flag(std::string_view name) const;
  bool takes_json() const;
  void fault(const std::string& what);

  void check_members();
  boost::json::array parameters();
  boost::json::object request_body();
  boost::json::object good_answer();
  boost::json::array security() const;
  boost::json::object responses();
  void gather_reasons();
  void add_reasons(int status, std::initializer_list<std::string_view> reasons);

  const http::Route& route_;
  const boost::json::object& described_;
  const boost::json::object& common_;
  std::vector<std::string>& faults_;
  std::map<int, std::set<std::string, std::less<>>> reasons_;
};

}  // namespace kidoban::console
