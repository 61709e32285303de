// /api/v1/imports[/{import}[/run|/rows|/bad-rows.csv]], /api/v1/settings/transfer.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "console/told_jobs.h"
#include "page/page.h"
#include "page/words.h"
#include "transfer/imports.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;
using transfer::Import, transfer::Imports, transfer::Phase;

std::string_view state_of(const Import& import) {
  const jobs::Job& job = import.run ? *import.run : import.check;
  switch (job.state) {
    case jobs::State::waiting:
    case jobs::State::running: return import.run ? "running" : "checking";
    case jobs::State::done: return import.run ? "done" : "checked";
    case jobs::State::failed: return import.run ? "failed" : "check_failed";
    case jobs::State::cancelled: return "cancelled";
  }
  return "";
}

json::array texts(const std::vector<std::string>& all) {
  json::array out;
  for (const auto& one : all) out.emplace_back(one);
  return out;
}

json::object told(const Import& import) {
  json::object out{{"id", import.id.text()},
                   {"kind", word_of(import.kind)},
                   {"mode", word_of(import.mode)},
                   {"encoding", word_of(import.encoding)},
                   {"state", state_of(import)},
                   {"bytes", import.bytes},
                   {"rows", import.rows},
                   {"created_at", rfc3339(to_us(import.created_at))},
                   {"expires_at", rfc3339(to_us(import.expires_at))},
                   {"check", told_job(import.check)}};
  if (!import.titles.empty()) out["columns"] = texts(import.titles);
  if (!import.ignored.empty()) out["ignored_columns"] = texts(import.ignored);
  if (import.run) out["run"] = told_job(*import.run);
  return out;
}

// "What is wrong", in the language of who asks.
Imports::Say words_for(const Request& request) {
  static const page::Words words(transfer::resources());
  const auto language = page::choose_language("", request.header("accept-language"));
  return [language](std::string_view reason) {
    const auto* word = words.find(language, reason);
    return word == nullptr ? std::string(reason) : *word;
  };
}

json::object told(const transfer::Outcome& one, const Import& import, const Imports::Say& say) {
  json::object out{{"row", one.row}, {"line", one.line}, {"outcome", word_of(one.kind)}, {"who", one.who}};
  json::array changes, errors;
  for (const auto& changed : one.changed) changes.push_back(json::object{{"attribute", changed.attribute}, {"from", changed.from}, {"to", changed.to}});
  for (const auto& fault : one.faults) {
    json::object error{{"line", fault.line}, {"reason", fault.reason}, {"message", say(fault.reason)}};
    if (fault.column > 0 && fault.column <= static_cast<std::int64_t>(import.titles.size())) {
      error["column"] = fault.column;
      error["title"] = import.titles[static_cast<std::size_t>(fault.column) - 1];
    }
    errors.push_back(std::move(error));
  }
  if (!changes.empty()) out["changes"] = std::move(changes);
  if (!errors.empty()) out["errors"] = std::move(errors);
  return out;
}

// What can't be read as a file: where, too.
Reply refused(const Request& request, const transfer::Fault& fault) {
  auto reply = console::problem(request, fail(Kind::malformed, fault.reason).error());
  auto body = json::parse(reply.body).as_object();
  if (fault.line > 0) body["line"] = fault.line;
  if (fault.column > 0) body["column"] = fault.column;
  reply.body = json::serialize(body);
  return reply;
}

struct Upload {
  transfer::FileKind kind;
  transfer::Mode mode;
  std::optional<transfer::Encoding> encoding;
};
Result<Upload> parse_upload(const Request& request) {
  const auto query = TRY(request.query_form());
  Upload out{TRY(kind_in(query)), transfer::Mode::each, {}};
  const auto mode = transfer::mode_named(query.get_or("mode", "each"));
  if (!mode) return fail(Kind::malformed, "mode_unknown", "mode is each or all");
  out.mode = *mode;
  const auto encoding = query.get_or("encoding", "auto");
  out.encoding = transfer::encoding_named(encoding);
  if (!out.encoding && encoding != "auto") return fail(Kind::malformed, "encoding_unknown", "encoding is auto, utf-8 or cp932");
  return out;
}

Result<Reply> upload(const Inside& in, Request& request) {
  const auto wanted = TRY(parse_upload(request));
  const auto schema = TRY(read_as(in, request, Permission::jobs_write, [&](store::Transaction& tx) -> Result<directory::Schema> {
    TRY(asking(in, tx, request, may_write(wanted.kind)));
    return in.directory.schema(tx);
  }));
  const auto creation = TRY(Creation::of(request));
  const auto file = transfer::read_file(wanted.kind, request.body, wanted.encoding, schema.custom);
  if (!file) return refused(request, file.error());
  std::string().swap(request.body);  // a file of fifty megabytes isn't held twice
  const auto make = [&](store::Transaction& tx, const Asking&, const audit::Event& by) -> Result<Reply> {
    TRY(check(TRY(asking(in, tx, request, may_write(wanted.kind))), (*file)->has_passwords ? Permission::people_reset : may_write(wanted.kind)));
    const auto made = TRY(in.imports.make(tx, **file, wanted.mode, by));
    auto told_now = json_reply(202, told(made));
    told_now.with("Location", request.site.base_url + "/api/v1/imports/" + made.id.text());
    return told_now;
  };
  auto reply = TRY(create_as(in, request, Permission::jobs_write, make, {.creation = creation}));
  in.engine.wake();
  return reply;
}

Result<Reply> run(const Inside& in, Request& request) {
  const Id id = TRY(Id::parse(request.path_value("import")));
  std::optional<std::int64_t> confirmed;
  if (!request.body.empty()) {
    auto body = TRY(JsonBody::parse(request.body));
    if (const auto* value = body.find("confirm_deletions")) {
      if (!value->is_int64()) return fail(Kind::malformed, "member_malformed", "confirm_deletions isn't a number");
      confirmed = value->get_int64();
    }
    TRY(body.done());
  }
  const auto import = TRY(write_as(in, request, Permission::jobs_write, [&](store::Transaction& tx, const audit::Event& by) -> Result<Import> {
    TRY(asking(in, tx, request, may_write(TRY(in.imports.get(tx, id)).kind)));
    return in.imports.run(tx, id, confirmed, by);
  }));
  in.engine.wake();
  return json_reply(202, told(import));
}

// Where a list of rows goes on, as `next` said it: "3.217".
Result<transfer::RowPlace> place_in(const http::Form& query) {
  const auto after = query.get("after");
  if (!after) return transfer::RowPlace{};
  const auto parts = split(*after, '.');
  const auto page = to_integer(parts[0]), row = parts.size() == 2 ? to_integer(parts[1]) : std::nullopt;
  if (!page || !row || *page < 0 || *row < 0) return fail(Kind::malformed, "page_malformed");
  return transfer::RowPlace{*page, *row};
}
std::string text_of(const transfer::RowPlace& place) { return std::to_string(place.page) + "." + std::to_string(place.row); }

Result<std::size_t> limit_in(const http::Form& query, std::int64_t otherwise, std::int64_t most) {
  const auto limit = query.get("limit");
  const auto number = limit ? to_integer(*limit) : otherwise;
  if (!number || *number < 1 || *number > most) return fail(Kind::malformed, "page_malformed");
  return static_cast<std::size_t>(*number);
}

Result<Reply> rows(const Inside& in, Request& request) {
  const Id id = TRY(Id::parse(request.path_value("import")));
  const auto query = TRY(request.query_form());
  const auto place = TRY(place_in(query));
  const auto limit = TRY(limit_in(query, 100, 500));
  const auto phase = query.get_or("phase"), only = query.get_or("only");
  if ((!phase.empty() && phase != "check" && phase != "run") || (!only.empty() && only != "errors")) return fail(Kind::malformed, "page_malformed");
  struct Found {
    Import import;
    transfer::RowPage page;
  };
  const auto found = TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) -> Result<Found> {
    auto import = TRY(in.imports.get(tx, id));
    TRY(asking(in, tx, request, may_read(import.kind)));
    const Phase of = phase == "run" || (phase.empty() && import.run) ? Phase::run : Phase::check;
    auto page = TRY(in.imports.rows(tx, id, of, only.empty() ? Imports::Which::all : Imports::Which::bad, place, limit));
    return Found{std::move(import), std::move(page)};
  }));
  const auto say = words_for(request);
  json::array all;
  for (const auto& one : found.page.rows) all.push_back(told(one, found.import, say));
  json::object body{{"rows", std::move(all)}};
  if (found.page.next) body["next"] = text_of(*found.page.next);
  return json_reply(200, body);
}

Result<Reply> bad_rows(const Inside& in, Request& request) {
  const Id id = TRY(Id::parse(request.path_value("import")));
  const auto query = TRY(request.query_form());
  const auto place = TRY(place_in(query));
  const auto say = words_for(request);
  auto bad = TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) -> Result<Imports::BadRows> {
    TRY(asking(in, tx, request, may_write(TRY(in.imports.get(tx, id)).kind)));  // it may have passwords in it
    return in.imports.bad_rows(tx, id, place, 10'000, say);
  }));
  // What the file's own encoding can't say of what is wrong is said in UTF-8.
  auto written = encode(bad.csv, bad.encoding);
  if (!written) bad.encoding = transfer::Encoding::utf8_bom;
  Reply reply;
  reply.body = written ? std::move(*written) : std::move(bad.csv);
  if (bad.encoding == transfer::Encoding::utf8_bom) reply.body.insert(0, transfer::byte_order_mark);
  reply.with("Content-Type", bad.encoding == transfer::Encoding::cp932 ? "text/csv; charset=windows-31j" : "text/csv; charset=utf-8")
      .with("Content-Disposition", "attachment; filename=\"bad-rows.csv\"")
      .with("Cache-Control", "no-store");
  if (bad.next) {
    reply.with("Link", "<" + request.site.base_url + "/api/v1/imports/" + id.text() + "/bad-rows.csv?after=" + text_of(*bad.next) + ">; rel=\"next\"");
  }
  return reply;
}

void add_brake_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/transfer", "transfer_settings_get", [in](Request& request) -> Result<Reply> {
    std::int64_t version = 0;
    const auto brake = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) -> Result<transfer::Brake> {
      if (const auto stands = TRY(in.settings.read(tx, "transfer"))) version = stands->version;
      return in.imports.brake(tx);
    }));
    auto reply = Reply::json(200, brake_json(brake));
    reply.with("ETag", entity_tag(version));
    return reply;
  }));
  routes.add(row(Method::put, "/settings/transfer", "transfer_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto json = brake_json(TRY(transfer::brake_from_json(request.body)));
    const auto now = TRY(write_as(in, request, Permission::settings_write,
                                  [&](store::Transaction& tx, const audit::Event& by) { return in.settings.write(tx, "transfer", json, version, by); }));
    auto reply = Reply::json(200, json);
    reply.with("ETag", entity_tag(now));
    return reply;
  }, Takes::json));
}

}  // namespace

void add_import_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/imports", "imports_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto found = TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.imports.list(tx, page.after, page.limit); }));
    json::array all;
    for (const auto& one : found) all.push_back(told(one));
    return page_reply("imports", std::move(all), page, found.empty() ? std::nullopt : std::optional(found.back().id));
  }));
  routes.add(row(Method::post, "/imports", "import_create", [in](Request& request) { return upload(in, request); }, Takes::file));
  routes.add(row(Method::get, "/imports/{import}", "import_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("import")));
    return json_reply(200, told(TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.imports.get(tx, id); }))));
  }));
  routes.add(row(Method::post, "/imports/{import}/run", "import_run", [in](Request& request) { return run(in, request); }, Takes::json));
  routes.add(row(Method::get, "/imports/{import}/rows", "import_rows", [in](Request& request) { return rows(in, request); }));
  routes.add(row(Method::get, "/imports/{import}/bad-rows.csv", "import_bad_rows", [in](Request& request) { return bad_rows(in, request); }));
  add_brake_routes(routes, in);
}

}  // namespace kidoban::console
