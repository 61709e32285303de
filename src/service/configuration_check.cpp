// What is wrong with a file by itself, and what is otherwise between two documents.

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "service/configuration.h"
#include "service/configuration_kinds.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;

Failure wrong(const Written& file, const std::string& place, const std::string& what) {
  return fail(Kind::malformed, "configuration_file_malformed", file.at(place) + what);
}

const char* word_of(ConfigurationMember::Takes takes) {
  using enum ConfigurationMember::Takes;
  switch (takes) {
    case text: return "a text";
    case flag: return "true or false";
    case texts: return "a list of texts";
    case table: return "a table";
  }
  return "";
}

bool fits(ConfigurationMember::Takes takes, const json::value& value) {
  using enum ConfigurationMember::Takes;
  switch (takes) {
    case text: return value.is_string();
    case flag: return value.is_bool();
    case texts: return value.is_array() && std::ranges::all_of(value.get_array(), [](const auto& one) { return one.is_string(); });
    case table: return value.is_object();
  }
  return false;
}

Status check_item(const Written& file, const ConfigurationKind& kind, const json::value& item, const std::string& place, std::set<std::string>& names) {
  if (!item.is_object()) return wrong(file, place, std::string("[[") + kind.word + "]] is a table");
  for (const auto& member : item.get_object()) {
    const auto known = std::ranges::find_if(kind.members, [&](const auto& one) { return member.key() == one.name; });
    const std::string inner = place + "." + std::string(member.key());
    if (known == kind.members.end()) return wrong(file, inner, std::string("[[") + kind.word + "]] has no " + std::string(member.key()));
    if (!fits(known->takes, member.value())) return wrong(file, inner, std::string(member.key()) + " is " + word_of(known->takes));
  }
  for (const auto& member : kind.members) {
    if (member.required && !item.get_object().contains(member.name)) return wrong(file, place, std::string("[[") + kind.word + "]] needs " + member.name);
  }
  const std::string name(item.get_object().at(kind.key).as_string());
  if (!names.insert(name).second) return wrong(file, place + "." + kind.key, std::string("[[") + kind.word + "]] " + name + " is there twice");
  return {};
}

Status check_tenant(const Written& file, const json::value& value) {
  if (!value.is_object()) return wrong(file, "tenant", "[tenant] is a table");
  for (const auto& member : value.get_object()) {
    const std::string place = "tenant." + std::string(member.key());
    if (member.key() != "name") return wrong(file, place, "[tenant] has no " + std::string(member.key()));
    if (!member.value().is_string()) return wrong(file, place, "name is a text");
  }
  return {};
}

// Leaves by their path: "lock.threshold", "custom_attributes[badge].type".
void flatten(const json::value& value, const std::string& path, std::map<std::string, std::string>& into) {
  if (value.is_object()) {
    for (const auto& member : value.get_object()) flatten(member.value(), path.empty() ? std::string(member.key()) : path + "." + std::string(member.key()), into);
    return;
  }
  const bool tables = value.is_array() && !value.get_array().empty() && std::ranges::all_of(value.get_array(), [](const auto& one) { return one.is_object(); });
  if (!tables) {
    if (!value.is_null()) into[path] = json::serialize(value);
    return;
  }
  std::size_t number = 0;
  for (const auto& one : value.get_array()) {
    const auto* name = one.get_object().if_contains("name");
    const std::string called = name != nullptr && name->is_string() ? std::string(name->get_string()) : std::to_string(number);
    flatten(one, path + "[" + called + "]", into);
    ++number;
  }
}

std::vector<MemberDifference> members_between(const json::value& before, const json::value& after) {
  std::map<std::string, std::string> was, is;
  flatten(before, "", was);
  flatten(after, "", is);
  std::vector<MemberDifference> out;
  for (const auto& [member, from] : was) {
    const auto now = is.find(member);
    if (now == is.end()) out.push_back({member, from, ""});
    else if (now->second != from) out.push_back({member, from, now->second});
  }
  for (const auto& [member, to] : is) {
    if (!was.contains(member)) out.push_back({member, "", to});
  }
  if (out.empty() && before != after) out.push_back({"(order)", "", ""});
  std::ranges::sort(out, {}, &MemberDifference::member);
  return out;
}

void compare(std::vector<Difference>& out, const std::string& what, const std::string& name, const json::value* before, const json::value* after) {
  if (before != nullptr && after != nullptr && *before == *after) return;
  const json::value nothing = json::object();
  const auto kind = before == nullptr ? Difference::Kind::added : after == nullptr ? Difference::Kind::removed : Difference::Kind::changed;
  out.push_back({kind, what, name, members_between(before == nullptr ? nothing : *before, after == nullptr ? nothing : *after)});
}

std::map<std::string, const json::value*> by_key(const json::object& document, const ConfigurationKind& kind) {
  std::map<std::string, const json::value*> out;
  const auto* list = document.if_contains(kind.word);
  if (list == nullptr) return out;
  for (const auto& one : list->as_array()) out[std::string(one.at(kind.key).as_string())] = &one;
  return out;
}

}  // namespace

Status check_configuration(const Written& file) {
  const auto* format = file.content.if_contains("format");
  if (format == nullptr) return wrong(file, "", "\"format = 1\" is missing: is this a configuration?");
  if (!format->is_int64() || format->get_int64() != 1) return wrong(file, "format", "this program reads format 1");
  for (const auto& part : file.content) {
    const std::string word(part.key());
    if (word == "format") continue;
    if (word == "tenant") {
      TRY(check_tenant(file, part.value()));
      continue;
    }
    if (word == "settings") {
      if (!part.value().is_object()) return wrong(file, word, "[settings.…] is a table");
      for (const auto& section : part.value().get_object()) {
        if (!section.value().is_object()) return wrong(file, "settings." + std::string(section.key()), "[settings." + std::string(section.key()) + "] is a table");
      }
      continue;
    }
    const ConfigurationKind* kind = kind_named(word);
    if (kind == nullptr) return wrong(file, word, "a configuration has no " + word);
    if (!part.value().is_array()) return wrong(file, word, "[[" + word + "]] is written with two brackets, once for each");
    std::set<std::string> names;
    std::size_t number = 0;
    for (const auto& item : part.value().get_array()) TRY(check_item(file, *kind, item, word + "[" + std::to_string(number++) + "]", names));
  }
  return {};
}

std::vector<Difference> differences(const json::object& before, const json::object& after) {
  std::vector<Difference> out;
  const auto part = [](const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    return value == nullptr ? json::object() : value->as_object();
  };
  const auto was = part(before, "tenant"), is = part(after, "tenant");
  const json::value tenant_was = was, tenant_is = is;
  compare(out, "tenant", "", &tenant_was, &tenant_is);
  for (const ConfigurationKind& kind : configuration_kinds()) {
    const auto had = by_key(before, kind), has = by_key(after, kind);
    for (const auto& [name, item] : had) compare(out, kind.word, name, item, has.contains(name) ? has.at(name) : nullptr);
    for (const auto& [name, item] : has) {
      if (!had.contains(name)) compare(out, kind.word, name, nullptr, item);
    }
  }
  const auto settings_were = part(before, "settings"), settings_are = part(after, "settings");
  for (const auto& section : settings_were) compare(out, "settings", std::string(section.key()), &section.value(), settings_are.if_contains(section.key()));
  return out;
}

}  // namespace kidoban::service
