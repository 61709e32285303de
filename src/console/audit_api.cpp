// /api/v1/audit…, /people/{person}/sign-ins, /settings/audit: what happened, in pages and as other systems read it; and the
// proofs that nothing of it was altered (docs/protocols/audit.md).

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "audit/export.h"
#include "audit/retention.h"
#include "audit/sealing.h"
#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using audit::Audit;
using http::Method, http::Reply, http::Request;

constexpr std::size_t export_page = 5000;
// Strangers may ask, and each is a signature to verify.
constexpr std::int64_t most_heads = 100;

struct Asked {
  Audit::Filter filter;
  std::optional<Id> after;
  std::size_t limit;
};

Result<std::optional<Id>> id_in(const http::Form& query, std::string_view name) {
  const auto text = query.get(name);
  if (!text) return std::nullopt;
  return TRY(Id::parse(*text));
}

Result<std::optional<Time>> time_in(const http::Form& query, std::string_view name) {
  const auto text = query.get(name);
  if (!text) return std::nullopt;
  const auto us = from_rfc3339(*text);
  if (!us || *us < 0) return fail(Kind::malformed, "filter_malformed", std::string(name) + " is no time");
  return from_us(*us);
}

// A misspelt filter would answer everything: it is refused.
Result<Asked> asked_in(const Request& request, std::size_t usual, std::size_t most) {
  constexpr std::array<std::string_view, 9> known{"actor", "target", "event", "outcome", "from", "until", "after", "limit", "format"};
  const auto query = TRY(request.query_form());
  if (query.repeated()) return fail(Kind::malformed, "filter_malformed", "a filter is there twice");
  for (const auto& [name, value] : query.fields()) {
    if (std::ranges::find(known, name) == known.end()) return fail(Kind::malformed, "filter_unknown");
  }
  Asked out{{}, {}, usual};
  out.filter.actor = TRY(id_in(query, "actor"));
  out.filter.target = TRY(id_in(query, "target"));
  out.filter.name = std::string(query.get_or("event"));
  out.filter.from = TRY(time_in(query, "from"));
  out.filter.until = TRY(time_in(query, "until"));
  if (const auto name = query.get("outcome")) {
    out.filter.outcome = audit::outcome_named(*name);
    if (!out.filter.outcome) return fail(Kind::malformed, "filter_malformed", "an outcome is success, refused or failed");
  }
  const auto after = id_in(query, "after");
  if (!after) return fail(Kind::malformed, "page_malformed");
  out.after = *after;
  if (const auto limit = query.get("limit")) {
    const auto number = to_integer(*limit);
    if (!number || *number < 1 || *number > static_cast<std::int64_t>(most)) return fail(Kind::malformed, "page_malformed");
    out.limit = static_cast<std::size_t>(*number);
  }
  return out;
}

std::string told(const audit::Record& record) {
  std::string line = audit::line_of(audit::Format::jsonl, record, {});
  line.pop_back();
  return line;
}

Reply list_reply(std::string_view plural, const std::vector<audit::Record>& records, const std::optional<Id>& next) {
  std::string body = "{\"" + std::string(plural) + "\":[";
  for (const audit::Record& one : records) body += (&one == &records.front() ? "" : ",") + told(one);
  body += "]";
  if (next) body += ",\"next\":\"" + next->text() + "\"";
  return Reply::json(200, body + "}");
}

// Up to `limit` records, however many pages of the audit that takes; what looks through much ends early.
Result<Audit::Page> gather(const Inside& in, store::Transaction& tx, const Asked& asked) {
  Audit::Page out{{}, asked.after};
  for (int pages = 0; pages < 10 && out.records.size() < asked.limit; ++pages) {
    auto page = TRY(in.audit.page(tx, asked.filter, out.next, std::min<std::size_t>(500, asked.limit - out.records.size())));
    std::ranges::move(page.records, std::back_inserter(out.records));
    out.next = page.next;
    if (!out.next) break;
  }
  return out;
}

Result<Reply> export_page_of(const Inside& in, const Request& request) {
  const auto asked = TRY(asked_in(request, export_page, export_page));
  auto query = TRY(request.query_form());
  const auto format = audit::format_named(query.get_or("format", "jsonl"));
  if (!format) return fail(Kind::malformed, "format_unknown");
  // Who takes the audit away is told once, before it is given.
  if (!asked.after) {
    TRY(write_as(in, request, Permission::audit_export, [&](store::Transaction& tx, const audit::Event& by) -> Status {
      audit::Event event = by;
      event.name = "audit.exported";
      event.target_kind = "audit";
      event.detail.emplace_back("filter", query.encode());
      return in.audit.append(tx, event);
    }));
  }
  const auto page = TRY(read_as(in, request, Permission::audit_export, [&](store::Transaction& tx) { return gather(in, tx, asked); }));
  std::string body = asked.after ? std::string() : audit::heading_of(*format);
  std::string_view host = request.host;
  if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
  for (const audit::Record& one : page.records) body += audit::line_of(*format, one, host);
  Reply reply = Reply::text(200, std::move(body));
  std::ranges::find(reply.headers, "Content-Type", &std::pair<std::string, std::string>::first)->second = audit::media_type_of(*format);
  reply.with("Content-Disposition", "attachment; filename=\"audit." + std::string(query.get_or("format", "jsonl")) + "\"");
  if (page.next) {
    http::Form next;
    for (const auto& [name, value] : query.fields()) {
      if (name != "after") next.add(name, value);
    }
    next.add("after", page.next->text());
    reply.with("Link", "<" + request.site.base_url + "/api/v1/audit/export?" + next.encode() + ">; rel=\"next\"");
  }
  return reply;
}

// What of somebody's signing in there is: what they did, and what was tried as them.
Result<Audit::Page> sign_ins(const Inside& in, store::Transaction& tx, const Id& person, const Page& page) {
  Audit::Page out;
  bool more = false;
  std::optional<Id> looked_to;
  for (const bool as_target : {false, true}) {
    for (const char* names : {"sign_in.", "session."}) {
      Audit::Filter filter;
      (as_target ? filter.target : filter.actor) = person;
      filter.name = names;
      auto some = TRY(in.audit.page(tx, filter, page.after, page.limit));
      std::ranges::move(some.records, std::back_inserter(out.records));
      if (!some.next) continue;
      more = true;
      looked_to = std::max(looked_to.value_or(*some.next), *some.next);
    }
  }
  std::ranges::sort(out.records, std::ranges::greater(), &audit::Record::id);
  const auto same = std::ranges::unique(out.records, {}, &audit::Record::id);
  out.records.erase(same.begin(), same.end());
  // As far as all four lists were looked through.
  if (looked_to) std::erase_if(out.records, [&](const audit::Record& one) { return one.id < *looked_to; });
  if (out.records.size() > page.limit) {
    out.records.resize(page.limit);
    out.next = out.records.back().id;
  } else if (more) {
    out.next = looked_to;
  }
  return out;
}

json::array texts(const std::vector<audit::Digest>& hashes) {
  json::array out;
  for (const auto& hash : hashes) out.emplace_back(base64url(std::span<const std::uint8_t>(hash)));
  return out;
}

json::object told(const audit::PublishedHead& one) {
  return {{"number", one.head.number},
          {"tree_size", one.head.tree_size},
          {"root_hash", base64url(std::span<const std::uint8_t>(one.head.root))},
          {"retired", one.head.retired},
          {"at", rfc3339(to_us(one.head.at))},
          {"jws", one.jws}};
}

// What anybody may read and keep: hashes and signatures, nothing of a record.
template <class Act>
auto read_by_anybody(const Inside& in, const Request& request, const Act& act) {
  return in.store.read(*request.site.tenant, request.deadline, act);
}

Result<std::int64_t> number_in(const http::Form& query, std::string_view name, std::optional<std::int64_t> otherwise = {}) {
  const auto text = query.get(name);
  if (!text && otherwise) return *otherwise;
  const auto number = to_integer(text.value_or(""));
  if (!number || *number < 0) return fail(Kind::malformed, "audit_sizes_malformed");
  return *number;
}

void add_proof_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/audit/heads", "audit_heads", [in](Request& request) -> Result<Reply> {
    const auto query = TRY(request.query_form());
    const auto before = TRY(number_in(query, "after", INT64_MAX));
    const auto limit = TRY(number_in(query, "limit", 20));
    if (limit < 1 || limit > most_heads) return fail(Kind::malformed, "page_malformed");
    const auto heads = TRY(read_by_anybody(in, request, [&](store::Transaction& tx) { return in.sealer.heads(tx, before, static_cast<std::size_t>(limit)); }));
    json::array rows;
    for (const auto& one : heads) rows.push_back(told(one));
    json::object body{{"heads", std::move(rows)}};
    if (static_cast<std::int64_t>(heads.size()) == limit) body["next"] = std::to_string(heads.back().head.number);
    return json_reply(200, body);
  }));
  routes.add(row(Method::get, "/audit/keys", "audit_keys", [in](Request& request) -> Result<Reply> {
    return Reply::json(200, TRY(read_by_anybody(in, request, [&](store::Transaction& tx) { return in.sealer.jwks(tx); })));
  }));
  routes.add(row(Method::get, "/audit/consistency", "audit_consistency", [in](Request& request) -> Result<Reply> {
    const auto query = TRY(request.query_form());
    const auto first = TRY(number_in(query, "first")), second = TRY(number_in(query, "second"));
    const auto path = TRY(read_by_anybody(in, request, [&](store::Transaction& tx) { return in.sealer.consistency(tx, first, second); }));
    return json_reply(200, {{"first", first}, {"second", second}, {"consistency_path", texts(path)}});
  }));
  routes.add(row(Method::get, "/audit/records/{record}/proof", "audit_proof", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("record")));
    const auto proof = TRY(read_as(in, request, Permission::audit_read, [&](store::Transaction& tx) { return in.sealer.prove(tx, id); }));
    return json_reply(200, {{"record", id.text()},
                            {"leaf_index", proof.position},
                            {"leaf", base64url(proof.leaf)},
                            {"inclusion_path", texts(proof.path)},
                            {"head", told(proof.head)}});
  }));
}

void add_settings_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/audit", "audit_settings_get", [in](Request& request) -> Result<Reply> {
    const auto stands = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.settings.read(tx, "audit"); }));
    auto reply = Reply::json(200, stands ? stands->json : audit::json_of({}));
    reply.with("ETag", entity_tag(stands ? stands->version : 0));
    return reply;
  }));
  routes.add(row(Method::put, "/settings/audit", "audit_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const std::string wanted = audit::json_of(TRY(audit::parse_settings(request.body)));
    const auto now = TRY(write_as(in, request, Permission::settings_write, [&](store::Transaction& tx, const audit::Event& by) {
      return in.settings.write(tx, "audit", wanted, version, by);
    }));
    auto reply = Reply::json(200, wanted);
    reply.with("ETag", entity_tag(now));
    return reply;
  }, Takes::json));
}

}  // namespace

void add_audit_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/audit", "audit_list", [in](Request& request) -> Result<Reply> {
    const auto asked = TRY(asked_in(request, 100, 500));
    const auto page = TRY(read_as(in, request, Permission::audit_read, [&](store::Transaction& tx) { return in.audit.page(tx, asked.filter, asked.after, asked.limit); }));
    return list_reply("records", page.records, page.next);
  }));
  routes.add(row(Method::get, "/audit/export", "audit_export", [in](Request& request) { return export_page_of(in, request); }));
  routes.add(row(Method::get, "/people/{person}/sign-ins", "sign_ins_list", [in](Request& request) -> Result<Reply> {
    const Id person = TRY(Id::parse(request.path_value("person")));
    const auto page = TRY(page_of(request));
    const auto found = TRY(read_as(in, request, Permission::audit_read, [&](store::Transaction& tx) -> Result<Audit::Page> {
      TRY(in.directory.get_person(tx, person));
      return sign_ins(in, tx, person, page);
    }));
    return list_reply("sign_ins", found.records, found.next);
  }));
  add_proof_routes(routes, in);
  add_settings_routes(routes, in);
}

}  // namespace kidoban::console
