// What SCIM's answers have in common: errors (RFC 7644 §3.12), media type, entity tags, the choice of attributes (§3.9).

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/strict_json.h"
#include "base/text.h"
#include "provisioning/scim_server/inside.h"
#include "provisioning/scim_server/json_subject.h"

namespace kidoban::scim {

namespace json = boost::json;

namespace {

struct Words {
  std::string_view reason, type, detail;
  int status = 400;
};
// What isn't here has the status of its kind, and no scimType but for malformed values.
constexpr std::array words{
    Words{"json_malformed", "invalidSyntax", "The body isn't one JSON object."},
    Words{"member_repeated", "invalidSyntax", "An attribute is there twice."},
    Words{"patch_malformed", "invalidSyntax", "Operations isn't a list of operations, each with op add, remove or replace."},
    Words{"bulk_malformed", "invalidSyntax", "An operation of the Bulk request isn't one."},
    Words{"path_malformed", "invalidPath", "The path can't be read."},
    Words{"attribute_unknown", "invalidPath", "There is no such attribute."},
    Words{"filter_malformed", "invalidFilter", "The filter can't be read."},
    Words{"filter_unsupported", "invalidFilter", "The filter names an attribute that isn't there, or compares it as it can't be."},
    Words{"filter_too_complex", "invalidFilter", "The filter is too long, too deep, or has too many parts."},
    Words{"patch_no_target", "noTarget", "The path leads to nothing."},
    Words{"attribute_read_only", "mutability", "The attribute can't be written."},
    Words{"attribute_mastered_elsewhere", "mutability", "Another is the master of this attribute."},
    Words{"group_by_rule", "mutability", "A rule says who is in this group."},
    Words{"attribute_not_yours", "mutability", "The attribute isn't yours to write."},
    Words{"too_many", "tooMany", "More than can be looked through at once: name userName, externalId or id, or fewer."},
    Words{"bulk_too_many", "tooMany", "Too many operations in one request.", 413},
    Words{"login_taken", "uniqueness", "Somebody has this userName already.", 409},
    Words{"group_taken", "uniqueness", "There is a group of this displayName already.", 409},
    Words{"cursor_malformed", "invalidCursor", "The cursor isn't one of this query's."},
    Words{"cursor_expired", "expiredCursor", "The cursor was given too long ago: begin again."},
    Words{"count_malformed", "invalidCount", "count and startIndex are whole numbers."},
    Words{"version_changed", "", "The resource isn't that version any more.", 412},
    Words{"content_type_unsupported", "", "The body is application/scim+json or application/json.", 415},
    Words{"group_member_unknown", "invalidValue", "There is no such member."},
    Words{"bulk_id_unresolved", "invalidValue", "A bulkId names nothing that was made.", 409},
    Words{"me_is_nobody", "", "Who asks is no person.", 501},
    Words{"id_malformed", "", "There is no such resource.", 404},
    Words{"person_unknown", "", "There is no such resource.", 404},
    Words{"group_unknown", "", "There is no such resource.", 404},
};

const Words* words_for(const Error& error) {
  const auto found = std::ranges::find(words, error.reason.text(), &Words::reason);
  return found == words.end() ? nullptr : &*found;
}

}  // namespace

int status_of(const Error& error) {
  const Words* known = words_for(error);
  return known != nullptr ? known->status : http::status_of(error.kind);
}

// The reason is told, since clients show `detail` to their administrators; the operator's note isn't.
json::object error_body(const Error& error) {
  const Words* known = words_for(error);
  json::object body{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:Error"}}, {"status", std::to_string(status_of(error))}};
  const std::string_view type = known != nullptr ? known->type : error.kind == Kind::malformed ? "invalidValue" : "";
  if (!type.empty()) body["scimType"] = type;
  const std::string_view told = known != nullptr ? known->detail : "The request was refused.";
  body["detail"] = std::string(told) + " (" + std::string(error.reason.text()) + ")";
  return body;
}

http::Reply scim_reply(int status, const json::object& body) {
  auto reply = http::Reply::json(status, json::serialize(body));
  for (auto& [name, value] : reply.headers) {
    if (name == "Content-Type") value = "application/scim+json";
  }
  return reply;
}

http::Reply error_reply(const http::Request& request, const Error& error) {
  auto reply = scim_reply(status_of(error), error_body(error));
  if (auto challenge = login::challenge(request, error); !challenge.empty()) reply.with("WWW-Authenticate", std::move(challenge));
  if (error.retry_after_s > 0) reply.with("Retry-After", std::to_string(error.retry_after_s));
  return reply;
}

http::Reply resource_reply(int status, const ResourceShape& shape, const Selection& selection, Shown shown) {
  auto reply = scim_reply(status, selected(shape, selection, std::move(shown.resource)));
  if (!shown.tag.empty()) reply.with("ETag", "W/\"" + shown.tag + "\"");
  if (status == 201) reply.with("Location", shown.location);
  else reply.with("Content-Location", shown.location);
  return reply;
}

Result<json::object> body_of(const http::Request& request) {
  auto body = strict_object(request.body, limits::scim_json_depth);
  if (!body) return fail(Kind::malformed, "json_malformed");
  return std::move(*body);
}

std::string base_of(const http::Request& request) { return request.site.base_url + "/scim/v2"; }

http::Route row(http::Method method, std::string path, std::string name, std::size_t body_limit, http::Handler handler) {
  const http::Body body{body_limit > 0 ? http::Body::Type::json : http::Body::Type::none, body_limit};
  const auto guard = method == http::Method::get ? http::Guard::open : http::Guard::same_origin;
  return {http::Scope::tenant, method, "/scim/v2" + std::move(path), guard, body, error_reply, std::move(handler), "scim_" + std::move(name), false};
}

bool Tags::fit(std::string_view tag) const { return any || std::ranges::find(tags, tag) != tags.end(); }

Result<std::optional<Tags>> tags_in(std::string_view header) {
  if (header.empty()) return std::nullopt;
  Tags out;
  for (std::string_view one : split(header, ',')) {
    one = trim(one);
    if (one == "*") {
      out.any = true;
      continue;
    }
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() < 2 || one.front() != '"' || one.back() != '"') return fail(Kind::malformed, "if_match_malformed");
    out.tags.emplace_back(one.substr(1, one.size() - 2));
  }
  return out;
}

Result<Selection> Selection::parse(const std::vector<std::string>& include, const std::vector<std::string>& exclude) {
  Selection out;
  const auto read = [](const std::vector<std::string>& from, std::vector<directory::AttributePath>& into) -> Status {
    for (const auto& text : from) {
      if (trim(text).empty()) continue;
      into.push_back(TRY(directory::ItemPath::parse(trim(text))).attribute);
    }
    return {};
  };
  TRY(read(include, out.include));
  TRY(read(exclude, out.exclude));
  return out;
}

bool Selection::wants(std::string_view name) const {
  const auto names = [&](const directory::AttributePath& path) { return path.name == name; };
  if (!include.empty()) return std::ranges::any_of(include, names);
  return std::ranges::none_of(exclude, [&](const auto& path) { return names(path) && path.sub.empty(); });
}

namespace {

json::object& holder_in(json::object& resource, const Place& place) {
  if (!place.extension) return resource;
  auto& extension = resource[place.schema->urn];
  if (!extension.is_object()) extension = json::object();
  return extension.get_object();
}

// A value with this sub-attribute and those before it.
void keep_sub(const json::value& from, const Shape& sub, json::value& into) {
  if (from.is_array()) {
    if (!into.is_array()) into = json::array(from.get_array().size(), json::object());
    for (std::size_t i = 0; i < from.get_array().size(); ++i) keep_sub(from.get_array()[i], sub, into.get_array()[i]);
  } else if (from.is_object()) {
    if (!into.is_object()) into = json::object();
    if (const auto* inner = from.get_object().if_contains(sub.name)) into.get_object()[sub.name] = *inner;
  }
}

void drop_sub(json::value& from, const Shape& sub) {
  if (from.is_array()) {
    for (auto& one : from.get_array()) drop_sub(one, sub);
  } else if (from.is_object()) {
    from.get_object().erase(sub.name);
  }
}

}  // namespace

json::object selected(const ResourceShape& shape, const Selection& selection, json::object resource) {
  if (!selection.include.empty()) {
    json::object out;
    for (const auto& one : shape.schemas.front().attributes) {
      if (one.always && resource.contains(one.name)) out[one.name] = resource[one.name];
    }
    for (const auto& path : selection.include) {
      const auto place = resolve(shape, path);
      if (!place) continue;
      if (place->attribute == nullptr) {
        if (const auto* whole = resource.if_contains(place->schema->urn)) out[place->schema->urn] = *whole;
        continue;
      }
      const auto* value = value_at(resource, *place);
      if (value == nullptr) continue;
      auto& into = holder_in(out, *place)[place->attribute->name];
      if (place->sub != nullptr) keep_sub(*value, *place->sub, into);
      else into = *value;
    }
    return out;
  }
  for (const auto& path : selection.exclude) {
    const auto place = resolve(shape, path);
    if (!place) continue;
    if (place->attribute == nullptr) {
      if (place->extension) resource.erase(place->schema->urn);
      continue;
    }
    if (place->attribute->always || value_at(resource, *place) == nullptr) continue;
    auto& holder = holder_in(resource, *place);
    if (place->sub != nullptr) drop_sub(holder[place->attribute->name], *place->sub);
    else holder.erase(place->attribute->name);
  }
  return resource;
}

}  // namespace kidoban::scim
