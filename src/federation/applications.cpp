#include "federation/applications.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "federation/applications_store.h"

namespace kidoban::federation {

namespace {

seal::Place place_of(const Id& id) { return {"applications", "sealed", id.span()}; }

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

ApplicationRow close(const seal::TenantKey& key, const Application& a) {
  const boost::json::object inside{{"name", a.name}, {"launch_url", a.launch_url}, {"settings", a.settings}};
  return {a.id, a.protocol, a.identifier, a.enabled, a.version,
          key.seal(place_of(a.id), boost::json::serialize(inside))};
}

Result<Application> open(const seal::TenantKey& key, const ApplicationRow& row) {
  const std::string text = TRY(key.open_text(place_of(row.id), row.sealed));
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return fail(Kind::internal, "sealed_value_damaged");
  const auto& inside = value.as_object();
  return Application{row.id,
                     row.protocol,
                     row.identifier,
                     text_of(inside, "name"),
                     text_of(inside, "launch_url"),
                     text_of(inside, "settings"),
                     row.enabled,
                     row.version};
}

Status check(const Application& a) {
  if (a.name.empty() || a.name.size() > limits::name_bytes || !is_display_text(a.name)) {
    return fail(Kind::malformed, "name_malformed", "the application's name is empty, too long or not plain text");
  }
  if (a.identifier.empty() || a.identifier.size() > limits::uri_bytes || !is_plain_text(a.identifier)) {
    return fail(Kind::malformed, "identifier_malformed", "the application's identifier is empty, too long or not plain text");
  }
  if (a.launch_url.size() > limits::uri_bytes || !is_plain_text(a.launch_url)) {
    return fail(Kind::malformed, "launch_url_malformed", "the address to open the application at is too long or not plain text");
  }
  // What isn't UTF-8 would be sealed and never read again, and with it the tenant's whole list.
  if (!is_utf8(a.settings)) return fail(Kind::malformed, "settings_malformed", "the application's settings aren't UTF-8");
  return {};
}

audit::Event about(audit::Event by, Reason name, const Application& a) {
  by.name = name;
  by.target_kind = "application";
  by.target = a.id;
  by.detail.emplace_back("protocol", a.protocol);
  by.detail.emplace_back("identifier", a.identifier);
  return by;
}

}  // namespace

Result<Application> Applications::create(store::Transaction& tx, Application wanted, const audit::Event& by) {
  TRY(check(wanted));
  const auto key = TRY(keys_.of(tx));
  if (wanted.id.is_nil()) wanted.id = new_id(clock_, random_);
  wanted.version = 1;
  TRY(insert_application(tx, close(*key, wanted)));
  TRY(audit_.append(tx, about(by, "application.created", wanted)));
  return wanted;
}

Result<std::optional<Application>> Applications::find(store::Transaction& tx, std::string_view protocol,
                                                      std::string_view identifier) {
  const auto row = TRY(find_application(tx, protocol, identifier));
  if (!row) return std::nullopt;
  const auto key = TRY(keys_.of(tx));
  return TRY(open(*key, *row));
}

Result<Application> Applications::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(get_application(tx, id));
  if (!row) return fail(Kind::not_found, "application_unknown");
  const auto key = TRY(keys_.of(tx));
  return open(*key, *row);
}

Result<Application> Applications::change(store::Transaction& tx, const Application& changed, const audit::Event& by) {
  TRY(check(changed));
  const auto key = TRY(keys_.of(tx));
  if (!TRY(update_application(tx, close(*key, changed)))) {
    const auto stands = TRY(get_application(tx, changed.id));
    if (!stands) return fail(Kind::not_found, "application_unknown");
    if (stands->protocol != changed.protocol || stands->identifier != changed.identifier) {
      return fail(Kind::malformed, "identifier_fixed", "an application keeps its protocol and identifier: connect another");
    }
    return fail(Kind::conflict, "version_changed");
  }
  TRY(audit_.append(tx, about(by, "application.changed", changed)));
  Application now = changed;
  ++now.version;
  return now;
}

Result<std::vector<Application>> Applications::list(store::Transaction& tx, std::optional<Id> after, std::size_t limit) {
  const auto rows = TRY(list_applications(tx, after.value_or(Id{}), std::clamp<std::size_t>(limit, 1, 500)));
  const auto key = TRY(keys_.of(tx));
  std::vector<Application> all;
  for (const ApplicationRow& row : rows) all.push_back(TRY(open(*key, row)));
  return all;
}

}  // namespace kidoban::federation
