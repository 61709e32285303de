// import and export of people, groups and members as CSV: the API's rows, done to their end.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <thread>

#include "base/limits.h"
#include "base/text.h"
#include "service/commands.h"
#include "service/operator_api.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;
using http::Method;

// How far it is, for whoever watches; a log gets nothing of it.
void tell_progress(const json::object& job) {
  if (::isatty(STDERR_FILENO) != 1) return;
  std::fprintf(stderr, "\r%lld of %lld rows  ", static_cast<long long>(job.at("done").as_int64()), static_cast<long long>(job.at("total").as_int64()));
}

bool is_open(const json::object& job) {
  const auto& state = job.at("state").as_string();
  return state == "waiting" || state == "running";
}

// Whatever becomes of it: does it here where no server does, and waits where one has it.
Result<json::object> to_its_end(OperatorApi& api, const std::string& path, std::string_view job_member) {
  for (;;) {
    auto now = json::parse(TRY(api.get(path)).body).as_object();
    const auto& job = now.at(job_member).as_object();
    tell_progress(job);
    if (!is_open(job)) {
      if (::isatty(STDERR_FILENO) == 1) std::fputc('\n', stderr);
      return now;
    }
    if (!TRY(api.engine().run_one())) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::int64_t count_in(const json::object& job, std::string_view name) {
  const auto* counts = job.at("counts").if_object();
  const auto* count = counts == nullptr ? nullptr : counts->if_contains(name);
  return count != nullptr && count->is_int64() ? count->get_int64() : 0;
}

// A file of what couldn't be done, to be mended and sent again; each page of it but the first without its heading.
Status write_bad_rows(OperatorApi& api, const std::string& path, const std::string& file) {
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr) return fail(Kind::malformed, "file_unwritable", file + " can't be written");
  Status outcome;
  bool first = true;
  for (std::string page = path + "/bad-rows.csv"; !page.empty();) {
    const auto reply = api.get(page);
    if (!reply) {
      outcome = std::unexpected(reply.error());
      break;
    }
    std::string_view body = reply->body;
    if (!std::exchange(first, false)) body.remove_prefix(std::min(body.size(), body.find('\n') + 1));
    std::fwrite(body.data(), 1, body.size(), out);
    const std::string_view link = reply->header("link");
    const auto query = link.find("?after=");
    page = query == std::string_view::npos ? std::string() : path + "/bad-rows.csv" + std::string(link.substr(query, link.find('>') - query));
  }
  if (std::fclose(out) != 0 && outcome) return fail(Kind::malformed, "file_unwritable", file + " can't be written");
  return outcome;
}

std::string query_of(std::initializer_list<std::pair<const char*, std::string>> fields) {
  http::Form query;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) query.add(name, value);
  }
  return "?" + query.encode();
}

Fields summary(const json::object& import, const json::object& job) {
  Fields out{{"id", text_of(import.at("id"))}, {"kind", text_of(import.at("kind"))}, {"state", text_of(import.at("state"))}, {"rows", text_of(import.at("rows"))}};
  for (const auto& one : job.at("counts").as_object()) out.emplace_back(std::string(one.key()), text_of(one.value()));
  return out;
}

}  // namespace

Status import_file(const Config& config, const Output& out, const TransferArguments& a) {
  const std::string text = TRY(read_file(a.file, limits::import_bytes));
  const auto opened = TRY(open_tenant(config, a.tenant));
  OperatorApi api(*opened.house, opened.tenant, *opened.house->store);
  const auto made = TRY(api.call({Method::post, "/imports" + query_of({{"kind", a.kind}, {"mode", a.mode}, {"encoding", a.encoding}}), text}));
  const std::string path = "/imports/" + text_of(json::parse(made.body).at("id"));
  auto import = TRY(to_its_end(api, path, "check"));
  std::string_view job = "check";
  // All or nothing would be nothing: what is wrong is said as it was seen.
  const bool is_held = a.mode == "all" && count_in(import.at("check").as_object(), "error") > 0;
  if (a.run && !is_held && import.at("state") == "checked") {
    const std::string body = a.confirm_deletions < 0 ? "" : json::serialize(json::object{{"confirm_deletions", a.confirm_deletions}});
    TRY(api.call({Method::post, path + "/run", body}));
    import = TRY(to_its_end(api, path, "run"));
    job = "run";
  }
  const auto& ended = import.at(job).as_object();
  const std::int64_t bad = count_in(ended, "error");
  if (bad > 0 && !a.bad_rows.empty()) TRY(write_bad_rows(api, path, a.bad_rows));
  if (out.is_json()) out.raw(json::serialize(import));
  else out.one(summary(import, ended));
  if (ended.at("state") != "done") return fail(Kind::conflict, "import_failed", "the import " + text_of(ended.at("state")) + (ended.contains("reason") ? ": " + text_of(ended.at("reason")) : ""));
  if (bad > 0) return fail(Kind::conflict, "import_has_errors", std::to_string(bad) + " rows can't be done" + (a.bad_rows.empty() ? ": --bad-rows FILE writes them down" : "; they are in " + a.bad_rows));
  return {};
}

Status export_file(const Config& config, const Output& out, const TransferArguments& a) {
  const auto opened = TRY(open_tenant(config, a.tenant));
  OperatorApi api(*opened.house, opened.tenant, *opened.house->store);
  const auto made = TRY(api.call({Method::post, "/exports" + query_of({{"kind", a.kind}, {"encoding", a.encoding}})}));
  const std::string path = "/exports/" + text_of(json::parse(made.body).at("id"));
  const auto done = TRY(to_its_end(api, path, "job"));
  if (done.at("state") != "done") return fail(Kind::conflict, "export_failed", "the export " + text_of(done.at("state")));
  const bool to_stdout = a.file.empty() || a.file == "-";
  // Each part is a whole file: people.csv, people-2.csv.
  for (std::int64_t part = 1; part <= done.at("parts").as_int64(); ++part) {
    const auto reply = TRY(api.get(path + "/file?part=" + std::to_string(part)));
    std::string file = a.file;
    if (part > 1) file.insert(file.ends_with(".csv") ? file.size() - 4 : file.size(), "-" + std::to_string(part));
    std::FILE* into = to_stdout ? stdout : std::fopen(file.c_str(), "wb");
    if (into == nullptr) return fail(Kind::malformed, "file_unwritable", file + " can't be written");
    const bool whole = std::fwrite(reply.body.data(), 1, reply.body.size(), into) == reply.body.size();
    const bool closed = to_stdout ? std::fflush(into) == 0 : std::fclose(into) == 0;
    if (!whole || !closed) return fail(Kind::unavailable, "file_unwritable", file + " can't be written");
  }
  if (to_stdout) return {};
  if (out.is_json()) out.raw(json::serialize(done));
  else out.done(text_of(done.at("rows")) + " rows are in " + a.file + ".");
  return {};
}

}  // namespace kidoban::service
