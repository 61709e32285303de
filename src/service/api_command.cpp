#include "service/api_command.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;
using http::Method;

constexpr PathValue values[] = {
    {"person", "--login,--person", "their login or id"},
    {"group", "--group", "the group's name or id"},
    {"member", "--member", "a login, a group's name, or an id"},
    {"role", "--role", "the role's name or key"},
    {"account", "--account", "the service account's name or id"},
    {"credential", "--credential,--token", "the token's, secret's or key's id"},
    {"webhook", "--webhook", "the webhook's id"},
    {"session", "--session", "the session's id"},
    {"domain", "NAME", "the domain"},
    {"job", "ID", "the job's id"},
    {"import", "ID", "the import's id"},
    {"export", "ID", "the export's id"},
    {"record", "ID", "the record's id"},
    {"section", "SECTION", "which settings: directory, password, mail, …"},
};

bool looks_like_id(const std::string& typed) { return Id::parse(typed).has_value(); }

// Looks through all of a list that has names; there are 200 roles, some service accounts.
template <class All, class NameOf>
Result<std::string> by_name(const All& all, const std::string& typed, std::string_view kind, const NameOf& key_of) {
  std::string found;
  for (const auto& one : all) {
    if (one.name != typed && key_of(one) != typed) continue;
    if (!found.empty()) return fail(Kind::conflict, "name_ambiguous", "more than one " + std::string(kind) + " is called " + typed + ": use the id");
    found = key_of(one);
  }
  return found;
}

struct Asked {
  OperatorApi::Call call;
  http::Form query;
};

// "work=+81 3 …": a type may stand before it.
json::array contacts(const std::vector<std::string>& typed) {
  json::array out;
  for (const std::string& one : typed) {
    const auto equals = one.find('=');
    const bool has_type = equals != std::string::npos && equals > 0 && equals <= 20 && std::ranges::all_of(one.substr(0, equals), [](char c) { return c >= 'a' && c <= 'z'; });
    json::object contact{{"value", has_type ? one.substr(equals + 1) : one}};
    if (has_type) contact["type"] = one.substr(0, equals);
    out.push_back(std::move(contact));
  }
  return out;
}

// "badge=12": as the tenant declared it.
Result<json::object> custom(OperatorApi& api, const std::vector<std::string>& typed) {
  const auto settings = json::parse(TRY(api.get("/settings/directory")).body).as_object();
  json::object out;
  for (const std::string& one : typed) {
    const auto equals = one.find('=');
    if (equals == std::string::npos) return fail(Kind::malformed, "configuration_invalid", "--custom takes NAME=VALUE");
    const std::string name = one.substr(0, equals), value = one.substr(equals + 1);
    std::string_view type = "text";
    for (const auto& declared : settings.at("custom_attributes").as_array()) {
      if (declared.at("name").as_string() == name) type = declared.at("type").as_string();
    }
    if (value.empty()) out[name] = nullptr;
    else if (type == "number" && to_integer(value)) out[name] = *to_integer(value);
    else if (type == "flag" && (value == "true" || value == "false")) out[name] = value == "true";
    else if (type == "texts") {
      json::array all;
      for (const auto part : split(value, ',')) all.emplace_back(part);
      out[name] = std::move(all);
    } else out[name] = value;
  }
  return out;
}

Result<std::optional<json::value>> value_of(House& house, OperatorApi& api, const TenantId& tenant, const Field& field, const ApiArguments& a) {
  using enum Field::Takes;
  if (field.takes == flag) {
    const auto found = a.flags.find(field.flag);
    return found == a.flags.end() ? std::optional<json::value>() : json::value(found->second);
  }
  if (field.takes == texts || field.takes == contacts || field.takes == Field::Takes::custom) {
    const auto found = a.lists.find(field.flag);
    if (found == a.lists.end()) return std::nullopt;
    if (field.takes == Field::Takes::custom) return json::value(TRY(service::custom(api, found->second)));
    if (found->second == std::vector<std::string>{""}) return json::value(json::array());  // none at all
    if (field.takes == contacts) return json::value(service::contacts(found->second));
    return json::value_from(found->second);
  }
  const auto found = a.texts.find(field.flag);
  if (found == a.texts.end()) return std::nullopt;
  const std::string& typed = found->second;
  switch (field.takes) {
    case number: {
      const auto number = to_integer(typed);
      if (!number) return fail(Kind::malformed, "configuration_invalid", std::string(field.flag) + " takes a number");
      return json::value(*number);
    }
    case days_from_now: {
      const auto days = to_integer(typed);
      if (!days || *days < 1 || *days > 100'000) return fail(Kind::malformed, "configuration_invalid", std::string(field.flag) + " takes a number of days");
      return json::value(rfc3339(to_us(house.clock.now() + std::chrono::days(*days))));
    }
    case Field::Takes::json: {
      boost::system::error_code broken;
      auto value = boost::json::parse(typed, broken);
      if (broken) return fail(Kind::malformed, "configuration_invalid", std::string(field.flag) + " takes JSON");
      return value;
    }
    case person:
    case group:
    case role:
      if (typed.empty()) return json::value(nullptr);
      return json::value(TRY(id_of(house, tenant, field.takes == person ? "person" : field.takes == group ? "group" : "role", typed)));
    default: return typed.empty() ? json::value(nullptr) : json::value(typed);
  }
}

Result<std::string> path_of(House& house, const TenantId& tenant, const ApiCommand& command, const ApiArguments& a) {
  std::string path, rest = command.path;
  for (std::size_t at; (at = rest.find('{')) != std::string::npos;) {
    const std::size_t end = rest.find('}', at);
    const std::string name = rest.substr(at + 1, end - at - 1);
    path += rest.substr(0, at) + percent_encode(TRY(id_of(house, tenant, name, a.values.at(name))));
    rest = rest.substr(end + 1);
  }
  return path + rest;
}

bool takes_body(const ApiCommand& command) { return command.method != Method::get && command.method != Method::del; }

Result<Asked> asked_by(House& house, OperatorApi& api, const TenantId& tenant, const ApiCommand& command, const ApiArguments& a) {
  Asked asked;
  asked.call.method = command.method;
  asked.call.path = TRY(path_of(house, tenant, command, a));
  if (!a.if_version.empty()) asked.call.if_match = "\"" + a.if_version + "\"";
  json::object body;
  if (*command.fixed != '\0') body = json::parse(command.fixed).as_object();
  if (!a.body_file.empty()) {
    boost::system::error_code broken;
    auto typed = json::parse(TRY(read_file(a.body_file, limits::settings_bytes)), broken);
    if (broken || !typed.is_object()) return fail(Kind::malformed, "json_malformed", a.body_file + " isn't a JSON object");
    for (auto& member : typed.get_object()) body[member.key()] = std::move(member.value());
  }
  for (const Field& field : command.fields) {
    auto value = TRY(value_of(house, api, tenant, field, a));
    if (!value) continue;
    if (takes_body(command)) body[field.member] = std::move(*value);
    else asked.query.add(field.member, value->is_string() ? std::string(value->get_string()) : json::serialize(*value));
  }
  if (takes_body(command) && !body.empty()) asked.call.body = json::serialize(body);
  return asked;
}

Result<json::object> answer_of(OperatorApi& api, OperatorApi::Call call, const http::Form& query) {
  if (const auto encoded = query.encode(); !encoded.empty()) call.path += "?" + encoded;
  const auto reply = TRY(api.call(call));
  if (reply.body.empty()) return json::object();
  return json::parse(reply.body).as_object();
}

Fields fields_of(const json::object& one) {
  Fields out;
  for (const auto& member : one) out.emplace_back(std::string(member.key()), text_of(member.value()));
  return out;
}

Fields columns_of(const json::object& one, std::string_view columns) {
  Fields out;
  for (const auto name : split(columns, ' ')) {
    const auto* value = one.if_contains(name);
    out.emplace_back(std::string(name), value == nullptr ? std::string() : text_of(*value));
  }
  return out;
}

// One page with what comes after it, or all of them.
Status tell_list(const Output& out, OperatorApi& api, const ApiCommand& command, Asked asked, const ApiArguments& a) {
  json::array all;
  json::object answer;
  std::string after = a.after;
  for (;;) {
    http::Form query = asked.query;
    if (!after.empty()) query.add("after", after);
    if (a.limit > 0) query.add("limit", std::to_string(a.limit));
    answer = TRY(answer_of(api, asked.call, query));
    auto* rows = answer.if_contains(command.rows);
    if (rows == nullptr || !rows->is_array()) return fail(Kind::internal, "answer_malformed", std::string("the answer has no list of ") + command.rows);
    for (auto& one : rows->get_array()) all.push_back(std::move(one));
    const auto* next = answer.if_contains("next");
    if (next == nullptr || a.limit > 0) break;
    after = next->as_string();
  }
  const auto* next = answer.if_contains("next");
  const std::string more = next == nullptr ? std::string() : std::string(next->as_string());
  if (out.is_json()) {
    answer[command.rows] = std::move(all);
    out.raw(json::serialize(answer));
    return {};
  }
  std::vector<Fields> rows;
  for (const auto& one : all) rows.push_back(columns_of(one.as_object(), command.columns));
  out.many(command.rows, rows);
  if (!more.empty()) std::fprintf(stderr, "There is more: --after %s\n", more.c_str());
  return {};
}

std::string filled(std::string text, const ApiArguments& a) {
  for (const auto& [name, value] : a.values) {
    if (const auto at = text.find("{" + name + "}"); at != std::string::npos) text.replace(at, name.size() + 2, value);
  }
  return text;
}

std::optional<Method> method_named(const std::string& typed) {
  for (const Method one : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
    if (ascii_iequals(http::name_of(one), typed)) return one;
  }
  return std::nullopt;
}

}  // namespace

std::span<const PathValue> path_values() { return values; }

std::vector<const ApiCommand*> api_commands() {
  std::vector<const ApiCommand*> all;
  all.push_back(&new_person());
  for (const auto some : {person_commands(), group_commands(), role_commands(), service_account_commands(), domain_commands(), job_commands(),
                          settings_commands(), audit_commands(), webhook_commands()}) {
    for (const ApiCommand& one : some) all.push_back(&one);
  }
  return all;
}

Result<std::string> id_of(House& house, const TenantId& tenant, std::string_view kind, const std::string& typed) {
  const bool is_id = looks_like_id(typed);
  const auto unknown = [&](Reason reason, const char* what) { return fail(Kind::not_found, reason, "there is no " + std::string(what) + " " + typed + " in this tenant"); };
  return house.store->read(tenant, command_deadline(), [&](store::Transaction& tx) -> Result<std::string> {
    if (!is_id && (kind == "person" || (kind == "member" && typed.find('@') != std::string::npos))) {
      // What isn't even a login is nobody's.
      const auto person = house.directory.find_by_login(tx, typed);
      if (!person && person.error().kind != Kind::malformed) return std::unexpected(person.error());
      if (person && *person) return (*person)->id.text();
      if (kind == "person") return unknown("person_unknown", "person");
    }
    if (!is_id && (kind == "group" || kind == "member")) {
      const auto group = TRY(house.directory.groups().find_by_name(tx, typed));
      if (!group) return unknown("group_unknown", "group");
      return group->id.text();
    }
    if (kind == "role") {
      auto key = TRY(by_name(TRY(house.directory.roles().list(tx)), typed, kind, [](const directory::Role& one) { return one.key; }));
      if (key.empty()) return unknown("role_unknown", "role");
      return key;
    }
    if (kind == "account" && !is_id) {
      std::vector<directory::ServiceAccount> all;
      for (std::optional<Id> after;;) {
        const auto page = TRY(house.directory.service_accounts().list(tx, after, 500));
        all.insert(all.end(), page.begin(), page.end());
        if (page.size() < 500) break;
        after = page.back().id;
      }
      auto id = TRY(by_name(all, typed, "service account", [](const directory::ServiceAccount& one) { return one.id.text(); }));
      if (id.empty()) return unknown("service_account_unknown", "service account");
      return id;
    }
    return typed;
  });
}

Result<std::string> read_file(const std::string& file, std::size_t most) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) return fail(Kind::malformed, "file_unreadable", file + " can't be read");
  std::string text;
  char some[16 * 1024];
  while (in.read(some, sizeof some) || in.gcount() > 0) {
    text.append(some, static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) return fail(Kind::malformed, "file_too_large", file + " has more than " + std::to_string(most) + " bytes");
  }
  if (in.bad()) return fail(Kind::malformed, "file_unreadable", file + " can't be read");
  return text;
}

Status run_api_command(const Config& config, const Output& out, const ApiCommand& command, const ApiArguments& a) {
  const auto opened = TRY(open_tenant(config, a.tenant));
  House& house = *opened.house;
  OperatorApi api(house, opened.tenant, *house.store);
  auto asked = TRY(asked_by(house, api, opened.tenant.id, command, a));
  if (*command.rows != '\0') return tell_list(out, api, command, std::move(asked), a);
  const auto answer = TRY(answer_of(api, asked.call, asked.query));
  if (*command.done != '\0' && (answer.empty() || !out.is_json())) out.done(filled(command.done, a));
  else tell_one(out, json::serialize(answer));
  return {};
}

Result<OperatorApi::Call> asked(House& house, OperatorApi& api, const TenantId& tenant, const ApiCommand& command, const ApiArguments& arguments) {
  return TRY(asked_by(house, api, tenant, command, arguments)).call;
}

void tell_one(const Output& out, const std::string& answer) {
  if (out.is_json()) out.raw(answer);
  else out.one(fields_of(json::parse(answer).as_object()));
}

Status run_raw(const Config& config, const Output&, const RawArguments& a) {
  const auto method = method_named(a.method);
  if (!method) return fail(Kind::malformed, "configuration_invalid", "METHOD is GET, POST, PUT, PATCH or DELETE");
  OperatorApi::Call call{*method, a.path};
  call.body = a.body == "-"             ? TRY(read_file("-", limits::import_bytes))
              : a.body.starts_with('@') ? TRY(read_file(a.body.substr(1), limits::import_bytes))
                                        : a.body;
  if (!a.if_match.empty()) call.if_match = "\"" + a.if_match + "\"";
  const auto opened = TRY(open_tenant(config, a.tenant));
  OperatorApi api(*opened.house, opened.tenant, *opened.house->store);
  const auto reply = TRY(api.call(call));
  std::fwrite(reply.body.data(), 1, reply.body.size(), stdout);
  if (!reply.body.empty() && reply.body.back() != '\n') std::fputc('\n', stdout);
  return {};
}

Status list_rows(const Config& config, const Output& out, const std::string& tenant) {
  const auto opened = TRY(open_tenant(config, tenant));
  const OperatorApi api(*opened.house, opened.tenant, *opened.house->store);
  std::vector<Fields> rows;
  for (const http::Route& route : api.routes().all()) {
    const std::string path = route.path.substr(api_root.size());
    std::string as;
    for (const ApiCommand* one : api_commands()) {
      if (one->method != route.method) continue;
      // A settings command is the row of whichever section is named.
      const bool section = std::string_view(one->path) == "/settings/{section}" && path.starts_with("/settings/") && path.find('/', 10) == std::string::npos;
      if (one->path == path || section) as += (as.empty() ? "" : ", ") + std::string(one->noun) + " " + one->verb;
    }
    rows.push_back({{"method", std::string(http::name_of(route.method))}, {"path", path}, {"command", as}});
  }
  out.many("rows", rows);
  return {};
}

}  // namespace kidoban::service
