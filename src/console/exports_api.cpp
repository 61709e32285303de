// /api/v1/exports[/{export}[/file]].

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/told_jobs.h"
#include "transfer/exports.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;
using transfer::Export;

json::object told(const Export& one) {
  json::object out{{"id", one.id.text()},
                   {"kind", word_of(one.kind)},
                   {"encoding", word_of(one.encoding)},
                   {"state", word_of(one.job.state)},
                   {"rows", one.rows},
                   {"bytes", one.bytes},
                   {"parts", one.parts},
                   {"created_at", rfc3339(to_us(one.created_at))},
                   {"expires_at", rfc3339(to_us(one.expires_at))},
                   {"job", told_job(one.job)}};
  if (one.unwritable.empty()) return out;
  json::array cells;
  for (const auto& cell : one.unwritable) cells.push_back(json::object{{"row", cell.row}, {"column", cell.column}, {"id", cell.id}, {"character", cell.character}});
  out["unwritable"] = std::move(cells);
  return out;
}

Result<Reply> create(const Inside& in, Request& request) {
  const auto query = TRY(request.query_form());
  const auto kind = TRY(kind_in(query));
  const auto encoding = transfer::encoding_named(query.get_or("encoding", "utf-8-bom"));
  if (!encoding) return fail(Kind::malformed, "encoding_unknown", "encoding is utf-8, utf-8-bom or cp932");
  auto reply = TRY(create_as(in, request, Permission::jobs_write, [&](store::Transaction& tx, const Asking&, const audit::Event& by) -> Result<Reply> {
    TRY(asking(in, tx, request, may_read(kind)));
    const auto made = TRY(in.exports.make(tx, kind, *encoding, by));
    auto told_now = json_reply(202, told(made));
    told_now.with("Location", request.site.base_url + "/api/v1/exports/" + made.id.text());
    return told_now;
  }));
  in.engine.wake();
  return reply;
}

Result<Reply> file(const Inside& in, Request& request) {
  const Id id = TRY(Id::parse(request.path_value("export")));
  const auto query = TRY(request.query_form());
  const auto part = to_integer(query.get_or("part", "1"));
  if (!part) return fail(Kind::malformed, "page_malformed");
  std::optional<Export> found;
  Reply reply;
  reply.body = TRY(write_as(in, request, Permission::jobs_read, [&](store::Transaction& tx, const audit::Event& by) -> Result<std::string> {
    found = TRY(in.exports.get(tx, id));
    TRY(asking(in, tx, request, may_read(found->kind)));
    return in.exports.file(tx, id, *part, by);
  }));
  const std::string name(word_of(found->kind));
  reply.with("Content-Type", found->encoding == transfer::Encoding::cp932 ? "text/csv; charset=windows-31j" : "text/csv; charset=utf-8")
      .with("Content-Disposition", "attachment; filename=\"" + name + (found->parts > 1 ? "-" + std::to_string(*part) : "") + ".csv\"")
      .with("Cache-Control", "no-store");
  return reply;
}

}  // namespace

void add_export_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/exports", "exports_list", [in](Request& request) -> Result<Reply> {
    const auto page = TRY(page_of(request));
    const auto found = TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.exports.list(tx, page.after, page.limit); }));
    json::array all;
    for (const auto& one : found) all.push_back(told(one));
    return page_reply("exports", std::move(all), page, found.empty() ? std::nullopt : std::optional(found.back().id));
  }));
  routes.add(row(Method::post, "/exports", "export_create", [in](Request& request) { return create(in, request); }, Takes::nothing));
  routes.add(row(Method::get, "/exports/{export}", "export_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("export")));
    return json_reply(200, told(TRY(read_as(in, request, Permission::jobs_read, [&](store::Transaction& tx) { return in.exports.get(tx, id); }))));
  }));
  routes.add(row(Method::get, "/exports/{export}/file", "export_file", [in](Request& request) { return file(in, request); }));
}

}  // namespace kidoban::console
